import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { RdaError } from './RdaError.ts'
import { RdaReader, type RdaMessage } from './rdaMessages.ts'

export interface RdaConnectionOptions {
  readonly host: string
  readonly port: number
  /** ms that connecting may take, and that may pass without a byte while the recorder records. */
  readonly timeout: number
  readonly signal?: AbortSignal
}

/** A connection to BrainVision Recorder. */
export class RdaConnection implements Disposable {
  readonly #socket: Socket
  readonly #timeout: number

  private constructor(socket: Socket, timeout: number) {
    this.#socket = socket
    this.#timeout = timeout
  }

  /** @throws {RdaError} when the recorder cannot be reached, or the signal aborts. */
  static async open({ host, port, timeout, signal }: RdaConnectionOptions): Promise<RdaConnection> {
    const options = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: timeout }
    const socket = connect({ ...options, ...(signal && { signal }) })
    socket.setTimeout(timeout, () => socket.destroy(new RdaError(`nothing came for ${timeout / 1000} s`)))
    try {
      await once(socket, 'connect')
    } catch (error) {
      socket.destroy()
      throw asRdaError(error)
    }
    return new RdaConnection(socket, timeout)
  }

  /**
   * Every message. A recorder that has stopped may be silent, any other not.
   * @throws {RdaError} when the connection ends. @throws {RdaFormatError} for bytes that are no message.
   */
  async *messages(): AsyncGenerator<RdaMessage, never> {
    const reader = new RdaReader()
    try {
      for await (const bytes of this.#socket) {
        for (const message of reader.push(bytes as Buffer)) {
          if (message.kind === 'stop') this.#socket.setTimeout(0)
          else if (message.kind === 'start') this.#socket.setTimeout(this.#timeout)
          yield message
        }
      }
    } catch (error) {
      throw asRdaError(error)
    }
    throw new RdaError('the recorder ended the connection')
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }
}

function asRdaError(error: unknown): RdaError {
  if (error instanceof RdaError) return error
  const { errors = [error] } = error as { errors?: readonly unknown[] }
  // One error for each address that a name has.
  const reasons = new Set(errors.map((each) => (each instanceof Error ? each.message : String(each))))
  return new RdaError([...reasons].join(', '), { cause: error })
}

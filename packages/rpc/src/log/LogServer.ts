import { isLoopback, ZmqSocket } from '@nodeacq/zmq'
import { LogError } from '../errors.ts'
import { forwardRecord } from './hub.ts'
import { getLogger } from './Logger.ts'
import { decodeLogRecord, type LogRecord } from './LogRecord.ts'

export interface LogServerOptions {
  /** Where to listen. Default `tcp://127.0.0.1:*`. */
  address?: string
  /** Allows an address that other machines reach: anybody there can then write into this log. */
  insecure?: boolean
  /** Gets each record. Default: `forwardRecord`, which shows them with those of this process. */
  onRecord?: (record: LogRecord) => void
}

const log = getLogger('nodeacq.log')

/** Receives the records of other processes. Frames that are no record are dropped; the first one is logged. */
export class LogServer implements AsyncDisposable {
  readonly address: string
  readonly #socket: ZmqSocket
  readonly #onRecord: (record: LogRecord) => void
  #malformed = 0

  private constructor(socket: ZmqSocket, address: string, onRecord: (record: LogRecord) => void) {
    this.#socket = socket
    this.address = address
    this.#onRecord = onRecord
    void this.#receive()
  }

  /** @throws {LogError} when the address is not on loopback and `insecure` is not set. */
  static async start(options: LogServerOptions = {}): Promise<LogServer> {
    const { address = 'tcp://127.0.0.1:*', insecure = false, onRecord = forwardRecord } = options
    if (!isLoopback(address)) {
      if (!insecure) throw new LogError(`log server: expected a loopback address or insecure: true, got ${address}`)
      log.warning(`the log server on ${address} takes records from anybody who reaches it`)
    }
    const socket = new ZmqSocket('pull', { maxMessageSize: 16 * 1024 * 1024 })
    try {
      return new LogServer(socket, await socket.bind(address), onRecord)
    } catch (error) {
      socket.close()
      throw error
    }
  }

  /** Frames that were no log record. */
  get malformed(): number {
    return this.#malformed
  }

  get isClosed(): boolean {
    return this.#socket.closed
  }

  async #receive(): Promise<void> {
    for await (const frames of this.#socket) {
      const record = frames.length === 1 && frames[0] ? decodeLogRecord(frames[0]) : undefined
      if (record) this.#onRecord(record)
      else if (this.#malformed++ === 0) {
        log.warning(
          `${this.address} received ${frames.length} frame(s) that are no log record; it ignores such messages`
        )
      }
    }
  }

  close(): Promise<void> {
    this.#socket.close()
    return Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

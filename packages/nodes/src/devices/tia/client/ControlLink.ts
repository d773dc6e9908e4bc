import type { Socket } from 'node:net'
import { DeviceError } from '@nodeacq/core'
import { encodeMessage, isErrorMessage, MessageReader, reasonOf, type TiaMessage } from '../controlMessages.ts'
import { plainAddress } from '../plainAddress.ts'
import { TiaCommandError } from '../TiaError.ts'
import { openSocket, type SocketPlace } from './openSocket.ts'

/** `timeout` is that of an answer too. */
export interface ControlLinkOptions extends SocketPlace {
  /** The connection ended without `close`; told once. */
  readonly onLost: (error: DeviceError) => void
}

interface Pending {
  readonly command: string
  readonly resolve: (answer: TiaMessage) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

/** The control connection to a server: requests are answered in order. */
export class ControlLink {
  /** Address of the server. */
  readonly peer: string
  readonly #socket: Socket
  readonly #options: ControlLinkOptions
  readonly #reader = new MessageReader()
  readonly #pending: Pending[] = []
  #isClosed = false

  private constructor(socket: Socket, options: ControlLinkOptions) {
    this.#socket = socket
    this.#options = options
    this.peer = plainAddress(socket.remoteAddress)
    socket.on('data', (bytes) => this.#receive(bytes as Buffer))
    socket.on('error', (error) => this.#lose(error.message))
    socket.on('close', () => this.#lose('the server has closed the connection'))
  }

  /** @throws {DeviceError} when nothing answers there */
  static async open(options: ControlLinkOptions): Promise<ControlLink> {
    return new ControlLink(await openSocket(options), options)
  }

  /** @throws {TiaCommandError} the server refuses. @throws {DeviceError} no answer, or no connection any more */
  request(message: Partial<TiaMessage> & { command: string }): Promise<TiaMessage> {
    return new Promise((resolve, reject) => {
      const { subject, timeout } = this.#options
      const { command } = message
      if (this.#isClosed) throw new DeviceError(`${subject}: ${command}: the connection has ended`)
      // An answer that came later would be taken for that of another request.
      const timer = setTimeout(() => this.#lose(`no answer to ${command} within ${timeout} ms`), timeout)
      this.#pending.push({ command, resolve, reject, timer })
      this.#socket.write(encodeMessage(message))
    })
  }

  /** Safe to call twice. Requests under way are rejected. */
  close(): void {
    this.#finish('closed')
  }

  #receive(bytes: Buffer): void {
    try {
      for (const message of this.#reader.push(bytes)) this.#answer(message)
    } catch (error) {
      this.#lose((error as Error).message)
    }
  }

  #answer(message: TiaMessage): void {
    const pending = this.#pending.shift()
    if (pending === undefined) throw new Error(`an answer that was not asked for: '${message.command.slice(0, 40)}'`)
    clearTimeout(pending.timer)
    if (isErrorMessage(message))
      pending.reject(new TiaCommandError(this.#options.subject, pending.command, reasonOf(message)))
    else pending.resolve(message)
  }

  #lose(reason: string): void {
    if (!this.#isClosed) this.#options.onLost(this.#finish(reason))
  }

  #finish(reason: string): DeviceError {
    this.#isClosed = true
    this.#socket.destroy()
    const error = new DeviceError(`${this.#options.subject}: ${reason}`)
    for (const { reject, timer } of this.#pending.splice(0)) {
      clearTimeout(timer)
      reject(error)
    }
    return error
  }
}

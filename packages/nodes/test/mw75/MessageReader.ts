import { once } from 'node:events'
import { waitFor } from 'testing'
import { WebSocket } from 'ws'

export interface RawMessage {
  id: unknown
  type: string
  data: Record<string, unknown>
}

/** A program that speaks with an MW75 server frame by frame. */
export class MessageReader implements AsyncDisposable {
  readonly socket: WebSocket
  /** Samples apart, so that the rest can be looked at in order. */
  readonly samples: RawMessage[] = []
  readonly messages: RawMessage[] = []
  closed: { code: number; reason: string } | undefined
  #next = 0

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data) => {
      const message = JSON.parse((data as Buffer).toString()) as RawMessage
      ;(message.type === 'eeg_data' ? this.samples : this.messages).push(message)
    })
    socket.on('close', (code, reason) => (this.closed = { code, reason: reason.toString() }))
    socket.on('error', () => {})
  }

  static async open(url: string): Promise<MessageReader> {
    const reader = new MessageReader(new WebSocket(url))
    await once(reader.socket, 'open')
    return reader
  }

  send(type: string, data: object = {}, id = `${type}-1`): void {
    this.socket.send(JSON.stringify({ id, type, data }))
  }

  /** The next message that is no sample. */
  async next(): Promise<RawMessage> {
    await waitFor(() => this.messages.length > this.#next || this.closed, { what: 'a message' })
    const message = this.messages[this.#next++]
    if (message === undefined) throw new Error(`the connection was closed: ${this.closed!.code}`)
    return message
  }

  /** Passes over messages until one of that type whose data has these values, or texts that match. */
  async until(type: string, data: Readonly<Record<string, string | number | RegExp>> = {}): Promise<RawMessage> {
    for (;;) {
      const message = await this.next()
      const isIt = Object.entries(data).every(([key, value]) => {
        const got = message.data[key]
        return value instanceof RegExp ? typeof got === 'string' && value.test(got) : got === value
      })
      if (message.type === type && isIt) return message
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return
    this.socket.terminate()
    await once(this.socket, 'close')
  }
}

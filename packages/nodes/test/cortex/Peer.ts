import { once } from 'node:events'
import { waitFor } from 'testing'
import { WebSocket } from 'ws'
import type { CortexSimulator } from '../../src/index.ts'

/** A peer that sends what it is told. */
export class Peer implements AsyncDisposable {
  readonly messages: Record<string, unknown>[] = []
  readonly #socket: WebSocket

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data) => this.messages.push(JSON.parse((data as Buffer).toString()) as never))
  }

  static async connect({ address, certificate }: CortexSimulator): Promise<Peer> {
    const socket = new WebSocket(address, { ca: certificate })
    await once(socket, 'open')
    return new Peer(socket)
  }

  send(text: string): void {
    this.#socket.send(text)
  }

  async ask(text: string, id: unknown): Promise<Record<string, unknown>> {
    const from = this.messages.length
    this.#socket.send(text)
    let answer: Record<string, unknown> | undefined
    await waitFor(() => (answer = this.messages.slice(from).find((message) => 'id' in message && message['id'] === id)))
    return answer!
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close()
    if (this.#socket.readyState !== WebSocket.CLOSED) await once(this.#socket, 'close')
  }
}

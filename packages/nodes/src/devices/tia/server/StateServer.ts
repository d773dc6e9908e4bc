import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { encodeMessage } from '../controlMessages.ts'

/** Clients that may listen at once. */
const MAX_CLIENTS = 64

/** Tells clients that the server runs, as soon as they connect, and that it is about to end. */
export class StateServer {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor() {
    this.#server = createServer({ noDelay: true }, (socket) => this.#welcome(socket))
    this.#server.maxConnections = MAX_CLIENTS
  }

  static async listen(host: string): Promise<StateServer> {
    const state = new StateServer()
    await new Promise<void>((resolve, reject) => {
      state.#server.once('error', reject)
      state.#server.listen(0, host, resolve)
    })
    return state
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Says that the server ends, and ends. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.end(encodeMessage({ command: 'ServerStateShutdown' }))
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    // A client that does not read is not waited for.
    const timer = setTimeout(() => this.#sockets.forEach((socket) => socket.destroy()), 500)
    await closed
    clearTimeout(timer)
  }

  #welcome(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
    socket.resume()
    socket.write(encodeMessage({ command: 'ServerStateRunning' }))
  }
}

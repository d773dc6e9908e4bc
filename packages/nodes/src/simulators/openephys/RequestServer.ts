import { UnreachablePeerError, SocketClosedError, ZmqSocket } from '@nodeacq/zmq'
import { readRequest, type SentEvent } from '../../devices/openephys/zmqInterface.ts'

const MAX_REQUEST = 64_000

/** Answers the requests of applications as the plugin ZMQ Interface does: what a REP socket is, with a ROUTER. */
export class RequestServer {
  readonly address: string
  /** Name of each application by its id. */
  readonly applications = new Map<string, string>()
  /** What applications sent. */
  readonly events: Required<SentEvent>[] = []
  heartbeats = 0
  readonly #socket: ZmqSocket
  readonly #isDeaf: () => boolean

  private constructor(socket: ZmqSocket, address: string, isDeaf: () => boolean) {
    this.#socket = socket
    this.address = address
    this.#isDeaf = isDeaf
    void this.#serve()
  }

  /** @param isDeaf whether requests are to be ignored. @throws {AddressInUseError} */
  static async open(address: string, isDeaf: () => boolean): Promise<RequestServer> {
    const socket = new ZmqSocket('router', { maxMessageSize: MAX_REQUEST })
    try {
      return new RequestServer(socket, await socket.bind(address), isDeaf)
    } catch (error) {
      socket.close()
      throw error
    }
  }

  close(): void {
    this.#socket.close()
  }

  async #serve(): Promise<void> {
    for await (const frames of this.#socket) {
      const text = frames.at(-1)
      if (this.#isDeaf() || frames.length < 3 || text === undefined) continue
      const { answer, application, event } = readRequest(text)
      if (application) this.applications.set(application.uuid, application.name)
      if (event) this.events.push(event)
      else if (application) this.heartbeats += 1
      await this.#socket.send([...frames.slice(0, -1), answer]).catch((error: unknown) => {
        if (!(error instanceof UnreachablePeerError || error instanceof SocketClosedError)) throw error
      })
    }
  }
}

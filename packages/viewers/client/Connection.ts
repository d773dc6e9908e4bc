import type { OutgoingMessage, ServerMessage } from '../src/protocol/messages.ts'

export type ConnectionState = 'connecting' | 'open' | 'lost'

export interface ConnectionHandlers {
  readonly heard: (message: ServerMessage) => void
  readonly heardBytes?: (bytes: ArrayBuffer) => void
  readonly changed: (state: ConnectionState) => void
}

const PROTOCOL = 'nodeacq.view.1'
/** ms before the first attempt to connect again; doubled up to the longest. */
const FIRST_DELAY = 500
const LONGEST_DELAY = 5000

/** A websocket to the server that comes back when it is lost. Used by pages and workers. */
export class Connection {
  readonly #url: string
  readonly #handlers: ConnectionHandlers
  #socket: WebSocket | undefined
  #delay = FIRST_DELAY
  #timer: ReturnType<typeof setTimeout> | undefined
  #isClosed = false

  constructor(url: string, handlers: ConnectionHandlers) {
    this.#url = url
    this.#handlers = handlers
    this.#connect()
  }

  send(message: OutgoingMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message))
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#socket?.close()
  }

  #connect(): void {
    this.#handlers.changed('connecting')
    const socket = new WebSocket(this.#url, PROTOCOL)
    socket.binaryType = 'arraybuffer'
    this.#socket = socket
    socket.addEventListener('open', () => {
      this.#delay = FIRST_DELAY
      this.#handlers.changed('open')
    })
    socket.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (typeof data === 'string') this.#handlers.heard(JSON.parse(data) as ServerMessage)
      else this.#handlers.heardBytes?.(data)
    })
    socket.addEventListener('close', () => {
      if (this.#isClosed) return
      this.#handlers.changed('lost')
      this.#timer = setTimeout(() => this.#connect(), this.#delay)
      this.#delay = Math.min(LONGEST_DELAY, 2 * this.#delay)
    })
  }
}

/** Where the websocket of the server is that a page came from. */
export function socketUrl(page: Location): string {
  return `${page.protocol === 'https:' ? 'wss' : 'ws'}://${page.host}/ws`
}

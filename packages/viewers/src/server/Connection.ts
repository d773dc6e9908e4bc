import type { Logger } from '@nodeacq/rpc'
import type { WebSocket } from 'ws'
import {
  parseClientMessage,
  PROTOCOL,
  type ClientMessage,
  type HistoryMessage,
  type Role,
  type ServerMessage,
  type SubscribeMessage
} from '../protocol/messages.ts'
import { ProtocolError } from '../protocol/ProtocolError.ts'
import { mayDo } from '../protocol/roles.ts'
import { Pace } from './Pace.ts'
import type { View, Viewer } from './Viewer.ts'

const MAX_SUBSCRIPTIONS = 32
/** Changes per second that one page may make. */
const MAX_CHANGES = 20
/** ms between two looks for texts to send. */
const TEXT_INTERVAL = 100

/** Close codes of websockets. */
const CLOSE = { protocol: 4400, failed: 1011 } as const

interface Subscription {
  readonly wish: SubscribeMessage
  readonly view: View
  readonly pace: Pace
  seq: number
  isHeld: boolean
  /** The part of the past that was asked for last and is not answered yet. */
  past: HistoryMessage | undefined
  textAt: number
}

export interface ConnectionOptions {
  readonly role: Role
  /** Of the page, for logs. */
  readonly address: string
  readonly viewers: ReadonlyMap<string, Viewer>
  readonly log: Logger
}

/** One page: what it subscribed to, and how fast it reads. */
export class Connection {
  readonly #socket: WebSocket
  readonly #options: ConnectionOptions
  readonly #subscriptions = new Map<number, Subscription>()
  /** Times of the newest changes, ms. */
  #changes: number[] = []

  constructor(socket: WebSocket, options: ConnectionOptions) {
    this.#socket = socket
    this.#options = options
    socket.on('message', (data, isBinary) => void this.#heard(isBinary ? undefined : String(data as Buffer)))
    this.sayHello()
  }

  /** Tells which viewers there are. */
  sayHello(): void {
    const { role, viewers } = this.#options
    const list = [...viewers.values()].map(({ name, kind }) => ({ node: name, kind }))
    this.#say({ type: 'hello', protocol: PROTOCOL, role, viewers: list })
  }

  /** Tells the parameters of a viewer to who looks at it. */
  sayParams(node: string): void {
    const isSeen = [...this.#subscriptions.values()].some(({ wish }) => wish.node === node)
    if (isSeen) this.#say({ type: 'params', node, params: { ...this.#options.viewers.get(node)?.params } })
  }

  /** A viewer is gone: what showed it ends. */
  forget(node: string): void {
    for (const [id, { wish }] of this.#subscriptions) if (wish.node === node) this.#subscriptions.delete(id)
  }

  /** Sends what is new, as far as the page reads it. */
  send(now: number): void {
    try {
      this.#sendNews(now)
    } catch (error) {
      this.#fail(error)
    }
  }

  close(): void {
    this.#socket.terminate()
  }

  #sendNews(now: number): void {
    for (const subscription of this.#subscriptions.values()) {
      const { view, pace, past } = subscription
      if (past !== undefined && pace.hasCredit) {
        subscription.past = undefined
        this.#sendBinary(subscription, view.history(past, subscription.seq + 1), now)
      }
      if (subscription.isHeld) continue
      if (now - subscription.textAt >= TEXT_INTERVAL) {
        subscription.textAt = now
        for (const message of view.messages()) this.#say(message)
      }
      if (!pace.isDue(now)) continue
      const message = view.next({ seq: subscription.seq + 1, wider: pace.wider })
      if (message !== undefined) this.#sendBinary(subscription, message, now)
    }
  }

  #sendBinary(subscription: Subscription, message: Uint8Array, now: number): void {
    subscription.seq++
    subscription.pace.sent(subscription.seq, now)
    this.#socket.send(message, { binary: true })
  }

  #say(message: ServerMessage): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message))
  }

  async #heard(text: string | undefined): Promise<void> {
    try {
      if (text === undefined) throw new ProtocolError('message: expected text, got bytes')
      await this.#obey(parseClientMessage(text))
    } catch (error) {
      if (!(error instanceof ProtocolError)) return this.#fail(error)
      this.#options.log.info(`${this.#options.address}: ${error.message}; the page is disconnected`)
      // At most 123 bytes fit into the reason.
      this.#socket.close(CLOSE.protocol, error.message.slice(0, 100))
    }
  }

  /** What goes wrong with one page is the end of that page, not of the process. */
  #fail(error: unknown): void {
    this.#options.log.error(`${this.#options.address}: a page cannot be served`, error)
    this.#socket.close(CLOSE.failed, 'the server failed')
  }

  async #obey(message: ClientMessage): Promise<void> {
    const { role, log, address } = this.#options
    if (!mayDo(role, message.type)) {
      const request = 'request' in message ? message.request : 0
      return this.#refuse(request, 'ROLE', `${message.type} needs the role control`)
    }
    switch (message.type) {
      case 'subscribe':
        return this.#subscribe(message)
      case 'unsubscribe':
        return void this.#subscriptions.delete(message.id)
      case 'setParams':
        log.info(`${address} (${role}) sets parameters of '${message.node}': ${JSON.stringify(message.params)}`)
        return await this.#change(message, (viewer) => viewer.setParams(message.params))
      case 'call': {
        const { method } = message
        log.info(`${address} (${role}) calls ${method} of '${message.node}'`)
        return await this.#change(message, (viewer) => {
          if (!Object.hasOwn(viewer.calls, method)) throw new ProtocolError(`'${viewer.name}' has no call '${method}'`)
          return viewer.calls[method]!()
        })
      }
      case 'hold':
      case 'resume':
      case 'ack':
      case 'history':
        return this.#about(message)
    }
  }

  #subscribe(wish: SubscribeMessage): void {
    if (!this.#subscriptions.has(wish.id) && this.#subscriptions.size >= MAX_SUBSCRIPTIONS) {
      throw new ProtocolError(`subscribe: expected at most ${MAX_SUBSCRIPTIONS} subscriptions`)
    }
    const viewer = this.#options.viewers.get(wish.node)
    if (viewer === undefined) throw new ProtocolError(`subscribe: there is no viewer '${wish.node}'`)
    // Numbers go on, so that what is on its way for an earlier wish is not taken for an answer to this one.
    const seq = this.#subscriptions.get(wish.id)?.seq ?? 0
    const pace = new Pace(wish.messageRate)
    const view = viewer.open(wish)
    this.#subscriptions.set(wish.id, {
      wish,
      view,
      pace,
      seq,
      isHeld: false,
      past: undefined,
      textAt: performance.now()
    })
    for (const message of view.messages()) this.#say(message)
  }

  /** What concerns one subscription; one that has ended meanwhile is no mistake. */
  #about(message: Extract<ClientMessage, { type: 'hold' | 'resume' | 'ack' | 'history' }>): void {
    const subscription = this.#subscriptions.get(message.id)
    if (subscription === undefined) return
    const now = performance.now()
    if (message.type === 'ack') subscription.pace.acknowledged(message.seq, now)
    // Answered when there is credit: who asks faster than it reads gets what it asked for last.
    else if (message.type === 'history') subscription.past = message
    else {
      subscription.isHeld = message.type === 'hold'
      if (message.type === 'resume') subscription.view.resync()
    }
  }

  async #change(
    { request, node }: { request: number; node: string },
    change: (viewer: Viewer) => Promise<unknown>
  ): Promise<void> {
    const now = performance.now()
    this.#changes = this.#changes.filter((at) => now - at < 1000)
    if (this.#changes.length >= MAX_CHANGES) {
      return this.#refuse(request, 'TOO_MANY', `expected at most ${MAX_CHANGES} changes per second`)
    }
    this.#changes.push(now)
    const viewer = this.#options.viewers.get(node)
    if (viewer === undefined) return this.#refuse(request, 'NOT_FOUND', `there is no viewer '${node}'`)
    try {
      this.#say({ type: 'ok', request, result: await change(viewer) })
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'ERROR'
      this.#refuse(request, code, error instanceof Error ? error.message : String(error))
    }
  }

  #refuse(request: number, code: string, message: string): void {
    this.#say({ type: 'error', request, code, message })
  }
}

import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigError, DeviceError } from '@nodeacq/core'
import { getLogger } from '@nodeacq/rpc'
import { isLoopbackHost } from '../../isLoopbackHost.ts'
import type { Which } from './CortexCalls.ts'
import { courtesy } from './courtesy.ts'
import type { CortexClientOptions } from './CortexClientOptions.ts'
import { CortexHeadsetCalls } from './CortexHeadsetCalls.ts'
import { CortexLink } from './CortexLink.ts'
import type { CortexSamples } from './CortexSamples.ts'
import { InterruptWatch } from './InterruptWatch.ts'
import type { CortexSample, CortexWarning } from './messages.ts'
import type * as results from './results.ts'
import { SampleHub } from './SampleHub.ts'

interface ClientEvents {
  warning: [warning: CortexWarning]
  sample: [sample: CortexSample]
  /** The connection, or a session, ended; the client tries to restore it if it may. */
  lost: [reason: string]
  /** A session goes on, under another id where Cortex had closed it. */
  restored: [session: { readonly from: string; readonly to: string; readonly streams: results.SubscribeResult }]
}

/** A session of ours: what is needed to have it again. */
interface HeldSession {
  id: string
  readonly headset: string
  status: 'open' | 'active'
  readonly streams: Set<string>
  isLost: boolean
}

const LONGEST_DELAY = 30_000

/**
 * A client of Emotiv's Cortex 2: every call of its API as a typed method, any number of headsets and sessions at once.
 *
 * ```ts
 * await using cortex = await CortexClient.connect(await readCortexCredentials())
 * await cortex.connectHeadset(0)
 * await cortex.createActivatedSession(0)
 * await cortex.subscribe(['eeg', 'mot'])
 * for await (const { time, values } of cortex.samples(0, 'eeg')) console.log(time, values)
 * ```
 *
 * Headsets and sessions are given by their place among those known, 0 when left out, or by their id; the id of a session
 * stays good when the session was restored under another one.
 */
export class CortexClient extends CortexHeadsetCalls implements AsyncDisposable {
  readonly #options: CortexClientOptions
  readonly #events = new EventEmitter<ClientEvents>()
  readonly #hub: SampleHub
  readonly #sessions = new Map<string, results.Session>()
  readonly #subscribed = new Map<string, Map<string, results.SubscribedStream>>()
  readonly #held: HeldSession[] = []
  /** Ids of restored sessions, from the old one to the next. */
  readonly #moved = new Map<string, string>()
  readonly #interrupts: InterruptWatch | undefined
  #recovery: Promise<void> | undefined
  #received: CortexSamples | undefined

  private constructor(options: CortexClientOptions) {
    const { url = 'wss://localhost:6868', clientId, clientSecret, bufferSize = 10, closeOnInterrupt = true } = options
    const problems: string[] = []
    problems.push(...problemsOfUrl(url, options.insecure ?? false))
    if (!clientId) problems.push("'clientId': expected a text, got none")
    if (!clientSecret && options.dialect !== 'v1') problems.push("'clientSecret': expected a text, got none")
    if (!Number.isInteger(bufferSize) || bufferSize < 1) {
      problems.push(`'bufferSize': expected a whole number from 1, got ${bufferSize}`)
    }
    if (problems.length > 0) throw new ConfigError('CortexClient', problems)
    super(new CortexLink(url, options, options.log ?? getLogger('nodeacq.CortexClient')))
    this.#options = options
    this.#hub = new SampleHub(bufferSize)
    this.#events.setMaxListeners(0)
    this.link.events
      .on('sample', (sample) => this.#hub.push(sample) && this.#events.emit('sample', sample))
      .on('warning', (warning) => this.#handleWarning(warning))
      .on('lost', (reason) => {
        for (const held of this.#held) held.isLost = true
        this.#recover(reason)
      })
    if (closeOnInterrupt) this.#interrupts = new InterruptWatch(() => this.close())
  }

  /** @throws {ConfigError} @throws {DeviceError} nothing answers. @throws {CortexError} access is refused. */
  static async connect(options: CortexClientOptions): Promise<CortexClient> {
    const client = new CortexClient(options)
    try {
      await client.link.open()
      if (options.authenticate ?? true) await client.authenticate()
      return client
    } catch (error) {
      await client.close()
      throw error
    }
  }

  /** Connected, and no session of ours waits to be restored. */
  get isWhole(): boolean {
    return this.isConnected && this.#held.every(({ isLost }) => !isLost)
  }

  /** Sessions by id, as last seen. */
  get sessions(): ReadonlyMap<string, results.Session> {
    return this.#sessions
  }

  /** What is subscribed, by session and stream. */
  get subscribedStreams(): ReadonlyMap<string, ReadonlyMap<string, results.SubscribedStream>> {
    return this.#subscribed
  }

  /** The newest samples by session and stream, newest last; at most `bufferSize` of each. */
  get dataStreams(): ReadonlyMap<string, ReadonlyMap<string, readonly CortexSample[]>> {
    return this.#hub.buffers
  }

  /** Samples handled up to now. */
  get messagesHandled(): number {
    return this.#hub.handled
  }

  on<K extends keyof ClientEvents>(event: K, listener: (...args: ClientEvents[K]) => void): this {
    this.#events.on(event, listener as never)
    return this
  }

  off<K extends keyof ClientEvents>(event: K, listener: (...args: ClientEvents[K]) => void): this {
    this.#events.off(event, listener as never)
    return this
  }

  /** Samples of a session from now on, of one stream or in order of all; ends with the session. For one reader. */
  samples(session: Which = 0, stream?: string): CortexSamples {
    return this.#hub.read(this._sessionId(session), stream)
  }

  /** The next sample of any session; samples that came since the last call first. */
  async receiveData(): Promise<CortexSample> {
    this.#received ??= this.#hub.read()
    const { value } = await this.#received.next()
    if (value === undefined) throw new DeviceError(`Cortex at ${this.url}: no more data: the client is closed`)
    return value
  }

  /** Samples are taken, as they are from the beginning. */
  startSubscriber(): void {
    this.#hub.state = 'reading'
  }

  /** Samples that come from now on are passed over; iterations end. */
  stopSubscriber(): void {
    this.#hub.state = 'stopped'
    this.#hub.closeAll()
    this.#received = undefined
  }

  /** Samples are passed over until `resumeSubscriber`. */
  pauseSubscriber(): void {
    if (this.#hub.state === 'reading') this.#hub.state = 'paused'
  }

  resumeSubscriber(): void {
    if (this.#hub.state === 'paused') this.#hub.state = 'reading'
  }

  get isSubscriberReading(): boolean {
    return this.#hub.state === 'reading'
  }

  /** A session with the streams that need no licence. */
  async createSession(which: Which = 0): Promise<results.Session> {
    return await this.#createSession(which, 'open')
  }

  /** A session with everything that the licence covers: `eeg`, records, markers. */
  async createActivatedSession(which: Which = 0): Promise<results.Session> {
    return await this.#createSession(which, 'active')
  }

  /** @param status `paused`: no samples until it is active again; in dialect v1 only */
  async updateSession(status: 'active' | 'close' | 'paused', which: Which = 0): Promise<results.Session> {
    const session = this._sessionId(which)
    const held = this.#held.find(({ id }) => id === session)
    const result = (await this.sendAuthedRequest('updateSession', { session, status })) as results.Session
    if (held && status === 'active') held.status = 'active'
    if (status === 'close') this.#forget(session)
    return result
  }

  async activateSession(which: Which = 0): Promise<results.Session> {
    const result = await this.updateSession('active', which)
    await this.syncSessions()
    return result
  }

  async closeSession(which: Which = 0): Promise<results.Session> {
    const result = await this.updateSession('close', which)
    await this.syncSessions()
    return result
  }

  async querySessions(): Promise<results.Session[]> {
    const found = (await this.sendAuthedRequest('querySessions')) as results.Session[]
    this.#sessions.clear()
    for (const session of found) this.#sessions.set(session.id, session)
    return found
  }

  /** Brings `sessions` up to date. */
  async syncSessions(): Promise<void> {
    await this.querySessions()
  }

  /**
   * @param options.since ms from the start of the session: samples from there on come first; in dialect v1 only
   * @returns also which streams are refused, and why
   */
  async subscribe(
    streams: readonly string[],
    which: Which = 0,
    options: { since?: number } = {}
  ): Promise<results.SubscribeResult> {
    const session = this._sessionId(which)
    this.#hub.open(session)
    const result = (await this.sendAuthedRequest('subscribe', {
      session,
      streams,
      ...options
    })) as results.SubscribeResult
    this.#noteSubscribed(session, result)
    return result
  }

  async unsubscribe(streams: readonly string[], which: Which = 0): Promise<results.UnsubscribeResult> {
    const session = this._sessionId(which)
    const result = (await this.sendAuthedRequest('unsubscribe', { session, streams })) as results.UnsubscribeResult
    for (const { streamName } of result.success) {
      this.#subscribed.get(session)?.delete(streamName)
      this.#held.find(({ id }) => id === session)?.streams.delete(streamName)
    }
    return result
  }

  /** Closes the sessions that this client made, and the connection. Safe to call twice. */
  async close(): Promise<void> {
    if (this.link.closed.aborted) return
    this.link.stopWaiting()
    await this.#recovery
    await courtesy(this.#closeSessions())
    await this.link.close()
    this.#hub.closeAll()
    this.#interrupts?.[Symbol.dispose]()
  }

  async #closeSessions(): Promise<void> {
    for (const { id } of [...this.#held]) {
      try {
        if (this.isConnected) await this.updateSession('close', id)
      } catch (error) {
        this.link.log.debug(`Cortex: session ${id} was not closed: ${describe(error)}`)
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  protected _sessionId(which: Which): string {
    if (typeof which === 'number') {
      const id = [...this.#sessions.keys()][which]
      if (id === undefined)
        throw new DeviceError(`Cortex: expected a session with number ${which}, got ${this.#sessions.size} of them`)
      return id
    }
    let id = which
    for (let next = this.#moved.get(id); next !== undefined; next = this.#moved.get(id)) id = next
    return id
  }

  async #createSession(which: Which, status: HeldSession['status']): Promise<results.Session> {
    const headset = await this._headsetId(which)
    const session = (await this.sendAuthedRequest('createSession', { headset, status })) as results.Session
    this.#held.push({ id: session.id, headset, status, streams: new Set(), isLost: false })
    this.#hub.open(session.id)
    await this.syncSessions()
    return session
  }

  #noteSubscribed(session: string, { success }: results.SubscribeResult): void {
    const streams = this.#subscribed.get(session) ?? new Map<string, results.SubscribedStream>()
    this.#subscribed.set(session, streams)
    const held = this.#held.find(({ id }) => id === session)
    for (const stream of success) {
      streams.set(stream.streamName, stream)
      held?.streams.add(stream.streamName)
    }
  }

  #forget(session: string): void {
    const at = this.#held.findIndex(({ id }) => id === session)
    if (at >= 0) this.#held.splice(at, 1)
    this.#sessions.delete(session)
    this.#subscribed.delete(session)
    this.#hub.close(session)
  }

  #handleWarning(warning: CortexWarning): void {
    // 0: its streams were stopped, 1: it was closed.
    const held = this.#held.find(({ id }) => id === warning.details['sessionId'])
    if (held && (warning.code === 0 || warning.code === 1)) {
      held.isLost = true
      this.#recover(`session ${held.id}: ${warning.text} (warning ${warning.code})`)
    }
    this.#events.emit('warning', warning)
  }

  #recover(reason: string): void {
    this.link.log.warning(`Cortex at ${this.url}: ${this.link.clean(reason)}`)
    this.#events.emit('lost', reason)
    if (!(this.#options.reconnect ?? true)) this.#hub.closeAll()
    else this.#recovery ??= this.#recoverAll().finally(() => (this.#recovery = undefined))
  }

  async #recoverAll(): Promise<void> {
    const { reconnectDelay = 1000 } = this.#options
    const signal = this.link.closed
    for (let delay = reconnectDelay; ; delay = Math.min(2 * delay, LONGEST_DELAY)) {
      await sleep(delay, undefined, { signal }).catch(() => {})
      if (signal.aborted) return
      try {
        if (!this.isConnected) {
          await this.link.open()
          if (this.authorized) await this.authenticate()
        }
        for (const held of this.#held) if (held.isLost) await this.#restore(held)
        if (this.isWhole) return
      } catch (error) {
        // Once for each outage: the next attempts fail alike.
        const level = delay === reconnectDelay ? 'warning' : 'debug'
        this.link.log[level](`Cortex at ${this.url}: trying again: ${this.link.clean(describe(error))}`)
      }
    }
  }

  async #restore(held: HeldSession): Promise<void> {
    const { id: from, headset, status } = held
    held.isLost = false
    try {
      await this.syncHeadsets()
      if (this.headsets.get(headset)?.status !== 'connected') await this.connectHeadset(headset)
      const { id: to } = await this.#sessionAgain(headset, status)
      held.id = to
      if (to !== from) {
        this.#moved.set(from, to)
        this.#subscribed.delete(from)
        this.#hub.move(from, to)
      }
      const streams =
        held.streams.size === 0 ? { success: [], failure: [] } : await this.subscribe([...held.streams], to)
      await this.syncSessions()
      this.link.log.info(`Cortex at ${this.url}: session of ${headset} restored`)
      this.#events.emit('restored', { from, to, streams })
    } catch (error) {
      held.isLost = true
      throw error
    }
  }

  /** Where only the streams were stopped the session is still there. */
  async #sessionAgain(headset: string, status: HeldSession['status']): Promise<results.Session> {
    try {
      return (await this.sendAuthedRequest('createSession', { headset, status })) as results.Session
    } catch (error) {
      if (!this.link.means(error, 'sessionExists')) throw error
      const isOurs = ({ headset: of }: results.Session) => (typeof of === 'string' ? of : of.id) === headset
      const existing = (await this.querySessions()).find(isOurs)
      if (existing === undefined) throw error
      return existing
    }
  }
}

function problemsOfUrl(url: string, insecure: boolean): string[] {
  if (!/^wss?:\/\//.test(url) || !URL.canParse(url)) return [`'url': expected wss://<host>:<port>, got '${url}'`]
  const { protocol, hostname } = new URL(url)
  if (protocol === 'wss:' || isLoopbackHost(hostname) || insecure) return []
  return [`'url': whoever is on the way to ${hostname} reads what ws:// sends; use wss://, or allow it with insecure`]
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

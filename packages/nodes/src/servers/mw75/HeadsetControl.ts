import { setTimeout as sleep } from 'node:timers/promises'
import type { Mw75Sample, Mw75State } from '../../devices/mw75/messages.ts'
import { Mw75LinkError, type Mw75Link, type Mw75Log, type Mw75Source } from './Mw75Source.ts'

/** How a server tries again; the defaults are those of the original server. */
export interface Reconnecting {
  /** ms before attempt 1 (1000), doubled for each further one. */
  readonly firstDelay: number
  /** ms between attempts at most (30,000). */
  readonly longestDelay: number
  /** ms after which an attempt that succeeded counts as lasting (2000). */
  readonly settle: number
  /** After so many it gives up (10). */
  readonly attempts: number
}

export interface HeadsetEvents {
  readonly onStatus: (state: Mw75State, message: string) => void
  readonly onError: (code: string, message: string) => void
  readonly onSample: (sample: Mw75Sample) => void
  readonly log: Mw75Log
}

const CONNECTED = 'Successfully connected to MW75 device, streaming EEG data'

/**
 * Connects and disconnects the headset of a server, and tries again where that was asked for:
 *
 *   idle ─ connect ─► connecting ─► connected ─ link lost ─► disconnected ─► reconnecting ─► connecting …
 *                         └─► error ─────────────────────────────────────────────┘
 *   any ─ disconnect ─► disconnecting ─► idle
 */
export class HeadsetControl {
  readonly #source: Mw75Source
  readonly #events: HeadsetEvents
  readonly #reconnecting: Reconnecting
  #state: Mw75State = 'idle'
  #link: Mw75Link | undefined
  #stop = new AbortController()
  #work: Promise<void> = Promise.resolve()
  #autoReconnect = false

  constructor(source: Mw75Source, events: HeadsetEvents, reconnecting: Reconnecting) {
    this.#source = source
    this.#events = events
    this.#reconnecting = reconnecting
  }

  get state(): Mw75State {
    return this.#state
  }

  get autoReconnect(): boolean {
    return this.#autoReconnect
  }

  /** Percent; null while no headset is connected, or when it does not tell. */
  get batteryLevel(): number | null {
    return this.#link?.batteryLevel ?? null
  }

  get isActive(): boolean {
    return this.#state === 'connected' || this.#state === 'connecting'
  }

  /** Begins to connect; what comes of it is told by events. Not while it is active. */
  connect(autoReconnect: boolean): void {
    this.#autoReconnect = autoReconnect
    const before = this.#work
    this.#stop.abort()
    this.#stop = new AbortController()
    const { signal } = this.#stop
    this.#state = 'connecting'
    this.#work = before.then(() => this.#run(signal))
  }

  /** Ends the connection, or the attempts to have one. */
  async disconnect(): Promise<void> {
    const wasActive = this.isActive
    if (wasActive) this.#tell('disconnecting', 'Disconnecting from MW75 device...')
    const error = await this.#end()
    if (error === undefined) {
      this.#tell('idle', wasActive ? 'Disconnected from MW75 device' : 'No active device connection')
      return
    }
    this.#state = 'error'
    this.#events.onError('DISCONNECT_ERROR', `Disconnect error: ${error.message}`)
    this.#events.log('ERROR', `Error disconnecting device: ${error.message}`)
  }

  /** As `disconnect`, with nobody left to tell. */
  async leave(): Promise<void> {
    const error = await this.#end()
    if (error !== undefined) this.#events.log('ERROR', `Error disconnecting device: ${error.message}`)
    this.#state = 'idle'
  }

  /** What was begun meanwhile waits for it. */
  async #end(): Promise<Error | undefined> {
    this.#autoReconnect = false
    this.#stop.abort()
    let error: Error | undefined
    this.#work = this.#work.then(async () => {
      const link = this.#link
      this.#link = undefined
      await link?.close().catch((cause: unknown) => (error = toError(cause)))
    })
    await this.#work
    return error
  }

  async #run(signal: AbortSignal): Promise<void> {
    if (await this.#open(signal, 0)) await this.#stream(signal)
    while (this.#autoReconnect && !signal.aborted) {
      if (!(await this.#reconnect(signal))) return
      await this.#stream(signal)
    }
  }

  /** @returns whether the headset is connected again and stays so. */
  async #reconnect(signal: AbortSignal): Promise<boolean> {
    const { firstDelay, longestDelay, settle, attempts } = this.#reconnecting
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const delay = Math.min(firstDelay * 2 ** (attempt - 1), longestDelay)
      const of = Number.isFinite(attempts) ? `/${attempts}` : ''
      this.#tell('reconnecting', `Auto-reconnect attempt ${attempt}${of} in ${delay / 1000}s...`)
      await pause(delay, signal)
      const settled = pause(settle, signal)
      const isOpen = await this.#open(signal, attempt)
      if (isOpen && !(await Promise.race([this.#link!.ended.then(() => true), settled]))) {
        if (signal.aborted) return false
        this.#tell('connected', `Auto-reconnect successful after ${attempt} attempts`)
        return true
      }
      if (isOpen) await this.#stream(signal)
      await settled
      if (signal.aborted) return false
    }
    this.#autoReconnect = false
    this.#state = 'error'
    this.#events.onError('RECONNECT_EXHAUSTED', `Auto-reconnect failed after ${attempts} attempts`)
    return false
  }

  async #open(signal: AbortSignal, attempt: number): Promise<boolean> {
    if (signal.aborted) return false
    this.#tell('connecting', 'Connecting to MW75 device...')
    try {
      const { onSample, log } = this.#events
      // What comes before the status would be data of a headset that is not connected yet.
      const early: Mw75Sample[] = []
      let take = (sample: Mw75Sample): void => void early.push(sample)
      this.#link = await this.#source.open({ log, onSample: (sample) => take(sample) }, signal)
      if (signal.aborted) return false
      this.#tell('connected', CONNECTED)
      for (const sample of early) onSample(sample)
      take = onSample
      return true
    } catch (error) {
      if (!signal.aborted) this.#tellFailure(toError(error), attempt)
      return false
    }
  }

  #tellFailure(error: Error, attempt: number): void {
    this.#state = 'error'
    if (error instanceof Mw75LinkError) {
      this.#events.onError(error.code, error.message)
      this.#events.log('ERROR', error.detail)
    } else if (attempt === 0) {
      this.#events.onError('CONNECTION_FAILED', `Failed to connect to device: ${error.message}`)
    } else {
      this.#events.onError('RECONNECT_FAILED', `Reconnect attempt ${attempt} failed: ${error.message}`)
    }
  }

  /** Lasts until the link has ended, or is to. */
  async #stream(signal: AbortSignal): Promise<void> {
    const link = this.#link!
    const error = await Promise.race([link.ended, aborted(signal)])
    if (signal.aborted) return
    if (error !== undefined) this.#events.onError('DEVICE_ERROR', `Device error: ${error.message}`)
    this.#tell('disconnected', 'Device connection closed')
    this.#link = undefined
    await link.close().catch((cause: unknown) => this.#events.log('ERROR', `Error closing device: ${String(cause)}`))
  }

  #tell(state: Mw75State, message: string): void {
    this.#state = state
    this.#events.onStatus(state, message)
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<undefined> {
  return await sleep(ms, undefined, { signal }).catch(() => undefined)
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

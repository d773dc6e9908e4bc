import { setTimeout as sleep } from 'node:timers/promises'
import { LslFormatError, LslLostError } from '../LslError.ts'
import type { LslSettings } from '../settings/LslSettings.ts'
import type { SampleBatch } from '../wire/SampleBatch.ts'
import type { LslStreamInfo } from '../wire/streamInfo.ts'
import { askStreams } from './askStreams.ts'
import { ClockProbe, type LslTimeCorrection } from './ClockProbe.ts'
import { readFeed } from './readFeed.ts'
import { recoveryQuery } from './recoveryQuery.ts'

export interface LslStreamInletOptions {
  readonly settings?: Partial<LslSettings>
  /** Samples that the outlet may keep for us; default 360 s of them, of irregular streams 36 000. */
  readonly bufferLength?: number
  /** Look for the stream again when it is lost. Default true. */
  readonly recover?: boolean
  /** Ask for samples of protocol 1.00. Default false. */
  readonly isLegacy?: boolean
}

/** What an inlet tells. */
export interface LslInletHandlers {
  /** Samples have come; while this is pending no more are read. The memory is the receiver's. */
  onSamples(batch: SampleBatch): void | Promise<void>
  /** A connection has begun to bring samples: the first, or one after a loss. */
  onConnected?(info: LslStreamInfo): void
  /** The connection is gone; the stream is looked for. */
  onLost?(reason: string): void
  /** The outlet shows no sign of life, while the connection stands. */
  onSilent?(seconds: number): void
}

const BUFFER_SECONDS = 360
const BUFFER_IRREGULAR = 36_000
/** ms without samples and without an answer after which an outlet counts as silent, and how often that is looked at. */
const SILENCE = 900
const LOOK_INTERVAL = 100
/** The same for an outlet that has never answered: its machine may not let questions through. */
const LONG_SILENCE = 15_000
/** ms before a stream that answers, but cannot be read, is tried again. */
const RETRY = 500

/**
 * Reads one stream of LSL, and goes on with it when its outlet ends and begins anew: another instance with the same source id, name,
 * type, format and number of channels. An outlet that dies is seen at once, one that hangs or is cut off within a second.
 */
export class LslStreamInlet {
  readonly #options: LslStreamInletOptions
  #info: LslStreamInfo
  #probe: ClockProbe | undefined
  #heardAt = 0

  constructor(info: LslStreamInfo, options: LslStreamInletOptions = {}) {
    this.#info = info
    this.#options = options
  }

  /** Of the outlet that is read now. */
  get info(): LslStreamInfo {
    return this.#info
  }

  /** How the clock of the stamps stands against ours; undefined while that is not known. */
  get timeCorrection(): LslTimeCorrection | undefined {
    return this.#probe?.correction
  }

  /**
   * Reads until the signal aborts.
   * @throws {LslLostError} when the stream is lost, and cannot or shall not be found again
   */
  async run(signal: AbortSignal, handlers: LslInletHandlers): Promise<void> {
    const { recover = true } = this.#options
    while (!signal.aborted) {
      let reason: Error
      try {
        const next = await this.#read(signal, handlers)
        if (next === undefined) return
        this.#info = next
        continue
      } catch (error) {
        if (!(error instanceof LslLostError) && !(error instanceof LslFormatError)) throw error
        reason = error
      }
      if (!recover) throw reason
      handlers.onLost?.(reason.message)
      // What breaks off at once would be tried without end.
      await sleep(RETRY, undefined, { signal }).catch(() => {})
      const found = await this.#find(signal)
      if (found !== undefined) this.#info = found
    }
  }

  /** One connection. Gives the instance that has taken over, if one has; undefined when the signal aborts. */
  async #read(signal: AbortSignal, handlers: LslInletHandlers): Promise<LslStreamInfo | undefined> {
    const info = this.#info
    const { isLegacy = false, recover = true } = this.#options
    const left = new AbortController()
    const until = AbortSignal.any([signal, left.signal])
    const probe = (this.#probe = new ClockProbe(info.v4Address, info.v4ServicePort))
    this.#heardAt = performance.now()
    let successor: LslStreamInfo | undefined
    const watching = this.#watch(until, probe, handlers).then((found) => {
      if (!recover || found === undefined) return
      successor = found
      left.abort()
    })
    try {
      let isNew = true
      for await (const batch of readFeed(info, { bufferLength: this.#bufferLength, isLegacy, signal: until })) {
        this.#heardAt = performance.now()
        if (isNew) handlers.onConnected?.(info)
        isNew = false
        await handlers.onSamples(batch)
      }
      if (successor !== undefined && !signal.aborted) handlers.onLost?.('it hangs, and another instance is there')
      return successor
    } finally {
      left.abort()
      await watching
      probe.close()
      this.#probe = undefined
    }
  }

  get #bufferLength(): number {
    const { nominalRate } = this.#info
    const { bufferLength } = this.#options
    return bufferLength ?? (nominalRate > 0 ? Math.ceil(nominalRate * BUFFER_SECONDS) : BUFFER_IRREGULAR)
  }

  /** Looks for signs of life. Gives another instance of the stream, when this one is silent and there is one. */
  async #watch(signal: AbortSignal, probe: ClockProbe, handlers: LslInletHandlers): Promise<LslStreamInfo | undefined> {
    while (!signal.aborted) {
      await sleep(LOOK_INTERVAL, undefined, { signal }).catch(() => {})
      if (signal.aborted || !this.#isSilent(probe)) continue
      handlers.onSilent?.((performance.now() - Math.max(this.#heardAt, probe.answeredAt)) / 1000)
      const alive = new AbortController()
      const timer = setInterval(() => {
        if (!this.#isSilent(probe)) alive.abort()
      }, LOOK_INTERVAL)
      const found = await this.#ask(AbortSignal.any([signal, alive.signal]), ({ uid }) => uid !== this.#info.uid)
      clearInterval(timer)
      if (found !== undefined) return found
    }
    return undefined
  }

  #isSilent(probe: ClockProbe): boolean {
    const limit = probe.answeredAt === -Infinity ? LONG_SILENCE : SILENCE
    return performance.now() - Math.max(this.#heardAt, probe.answeredAt) > limit
  }

  async #find(signal: AbortSignal): Promise<LslStreamInfo | undefined> {
    return await this.#ask(signal, () => true)
  }

  async #ask(signal: AbortSignal, isWanted: (info: LslStreamInfo) => boolean): Promise<LslStreamInfo | undefined> {
    let found: LslStreamInfo | undefined
    const enough = new AbortController()
    const { settings } = this.#options
    const query = recoveryQuery(this.#info)
    await askStreams(
      { query, ...(settings && { settings }), signal: AbortSignal.any([signal, enough.signal]) },
      (info) => {
        if (!isWanted(info)) return
        found ??= info
        enough.abort()
      }
    )
    return found
  }
}

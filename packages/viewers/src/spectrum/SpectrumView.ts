import { getEngine, getWindow, WelchEstimate } from '@nodeacq/nodes'
import { encodeBinary, FLAGS } from '../protocol/binary.ts'
import type { HistoryMessage, ServerMessage, SubscribeMessage } from '../protocol/messages.ts'
import { ProtocolError } from '../protocol/ProtocolError.ts'
import type { Turn, View } from '../server/Viewer.ts'
import type { Signal, SignalSource } from '../signal/SignalView.ts'
import type { SpectrumParams } from './SpectrumViewer.ts'

/** Channels that one page may look at. */
const MAX_CHANNELS = 64
/** Spectra per second at most. */
const MAX_RATE = 10
/** ms between two looks at how the stream stands. */
const STATUS_INTERVAL = 1000

/**
 * What one page sees of the power of a signal: Welch's mean over the newest windows, of the channels it shows. Nothing is
 * computed for channels that nobody looks at.
 */
export class SpectrumView implements View {
  readonly #source: SignalSource
  readonly #wish: SubscribeMessage
  /** What was told last: the signal, its run, and the length of a window. */
  #told: { signal: Signal | undefined; epoch: number; window: number } | undefined
  #estimate: WelchEstimate | undefined
  #rows = new Float64Array(0)
  /** Index after the newest sample of the last spectrum. */
  #done = 0
  #statusAt = -Infinity

  /** @throws {ProtocolError} when too much is wanted. */
  constructor(source: SignalSource, wish: SubscribeMessage) {
    if (wish.channels.length > MAX_CHANNELS) {
      throw new ProtocolError(`subscribe: expected at most ${MAX_CHANNELS} channels, got ${wish.channels.length}`)
    }
    this.#source = source
    this.#wish = wish
  }

  messages(): readonly ServerMessage[] {
    const { id, channels } = this.#wish
    const now = performance.now()
    const messages: ServerMessage[] = []
    if (!this.#isTold()) {
      const signal = this.#begin()
      const pick = (list: readonly number[] | undefined) => channels.map((channel) => list?.[channel] ?? 0)
      const [scale, offset] = [pick(signal?.scale), pick(signal?.offset)]
      const bucket = this.#told!.window
      messages.push({
        type: 'subscribed',
        id,
        signal: signal?.info ?? null,
        bucket,
        scale,
        offset,
        params: this.#source.params()
      })
    }
    if (now - this.#statusAt >= STATUS_INTERVAL) {
      this.#statusAt = now
      messages.push({ type: 'status', id, status: this.#source.status() })
    }
    return messages
  }

  next({ seq }: Turn): Uint8Array<ArrayBuffer> | undefined {
    const signal = this.#told?.signal
    const estimate = this.#estimate
    if (signal === undefined || estimate === undefined || !this.#isTold()) return undefined
    const { overlap, averages } = this.#params
    const { window } = this.#told!
    const { raw } = signal.store
    const hop = Math.max(1, Math.round(window * (1 - overlap)))
    const newest = raw.next
    if (newest - this.#done < Math.max(hop / averages, signal.info.sampleRate / MAX_RATE)) return undefined
    if (newest - raw.oldest < window) return undefined
    this.#done = newest
    const channels = this.#wish.channels.map((channel) => Math.min(channel, signal.info.channels.length - 1))
    const values = new Float32Array(channels.length * estimate.binCount)
    channels.forEach((channel, k) => {
      values.set(this.#mean(signal, { channel, window, hop, averages, newest }), k * estimate.binCount)
    })
    return encodeBinary({
      type: 'spectrum',
      flags: FLAGS.resync,
      id: this.#wish.id,
      seq,
      first: newest - window,
      samplesPerColumn: window,
      columns: estimate.binCount,
      channels: channels.length,
      request: 0,
      newest,
      values
    })
  }

  history(_wish: HistoryMessage): never {
    throw new ProtocolError('history: a spectrum has none')
  }

  resync(): void {
    this.#done = 0
  }

  get #params(): SpectrumParams {
    return this.#source.params() as unknown as SpectrumParams
  }

  #isTold(): boolean {
    const signal = this.#source.signal()
    const told = this.#told
    const isSame = told !== undefined && told.signal === signal && told.epoch === (signal?.store.epoch ?? -1)
    return isSame && told.window === this.#windowOf(signal)
  }

  /** Samples of a window, as many as are kept at most. */
  #windowOf(signal: Signal | undefined): number {
    if (signal === undefined) return 0
    const wanted = Math.round(this.#params.duration * signal.info.sampleRate)
    return Math.max(2, Math.min(signal.store.raw.capacity, wanted))
  }

  #begin(): Signal | undefined {
    const signal = this.#source.signal()
    const window = this.#windowOf(signal)
    this.#told = { signal, epoch: signal?.store.epoch ?? -1, window }
    this.#done = 0
    this.#rows = new Float64Array(window)
    if (signal !== undefined) {
      const weights = getWindow('hann', window)
      const { sampleRate } = signal.info
      this.#estimate = new WelchEstimate(getEngine('auto').rfft(window), {
        weights,
        sampleRate,
        scaling: 'density',
        detrend: true
      })
    }
    return signal
  }

  /** The mean power of the newest windows that are whole; NaN where none is. */
  #mean(
    signal: Signal,
    {
      channel,
      window,
      hop,
      averages,
      newest
    }: { channel: number; window: number; hop: number; averages: number; newest: number }
  ): Float64Array {
    const { raw } = signal.store
    const estimate = this.#estimate!
    const mean = new Float64Array(estimate.binCount)
    const power = new Float64Array(estimate.binCount)
    let count = 0
    for (let k = 0; k < averages; k++) {
      const end = newest - k * hop
      if (end - window < raw.oldest) break
      if (!this.#fill(signal, { channel, from: end - window })) continue
      estimate.process(this.#rows, power)
      for (let bin = 0; bin < power.length; bin++) mean[bin]! += power[bin]!
      count++
    }
    return mean.map((sum) => (count === 0 ? Number.NaN : sum / count))
  }

  /** Takes the rows of a window; false when some of them are missing. */
  #fill({ store, scale, offset }: Signal, { channel, from }: { channel: number; from: number }): boolean {
    const rows = this.#rows
    for (let k = 0; k < rows.length; k++) {
      const value = store.raw.value(from + k, channel)
      if (Number.isNaN(value)) return false
      rows[k] = offset[channel]! + scale[channel]! * value
    }
    return true
  }
}

import type { ReadonlyNdArray } from '@nodeacq/ndarray'
import { ChannelReader } from '../ChannelReader.ts'
import { SpikeFinder, type SpikeRule, type SpikeShape, type TakeSpike } from './SpikeFinder.ts'

export interface Spike {
  /** Sample of the peak. */
  readonly position: number
  /** Number of the channel in the signal. */
  readonly channel: number
  /** The signal around the peak, in its units. */
  readonly waveform: Float64Array
  /** Centre and deviation of the noise when it was found. */
  readonly noise: { readonly centre: number; readonly deviation: number }
}

/** Finds the spikes of several channels; they come in the order of their positions, those of one position by channel. */
export class SpikeKernel {
  readonly finders: ReadonlyMap<number, SpikeFinder>
  readonly #reader = new ChannelReader()
  #found: Spike[] = []
  #channel = 0
  readonly #take: TakeSpike = (position, waveform) => {
    const { centre, deviation } = this.finders.get(this.#channel)!.noise
    this.#found.push({ position, channel: this.#channel, waveform, noise: { centre, deviation } })
  }

  constructor(channels: readonly number[], shape: SpikeShape) {
    this.finders = new Map(channels.map((channel) => [channel, new SpikeFinder(shape)]))
  }

  /** Spikes that have become known with a chunk `(samples, channels)`; `index` is that of its last sample plus one. */
  process(data: ReadonlyNdArray, index: number, rule: SpikeRule): Spike[] {
    const at = { count: data.length, first: index - data.length }
    for (const [channel, finder] of this.finders) {
      this.#channel = channel
      finder.process(this.#reader.read(data, channel), at, rule, this.#take)
    }
    return this.#takeAll()
  }

  /** The signal breaks off: gives the spikes that are complete. */
  flush(): Spike[] {
    for (const [channel, finder] of this.finders) {
      this.#channel = channel
      finder.flush(this.#take)
    }
    return this.#takeAll()
  }

  /** Spikes whose waveforms were cut off. */
  get cutOff(): number {
    return this.finders.values().reduce((sum, finder) => sum + finder.cutOff, 0)
  }

  #takeAll(): Spike[] {
    const found = this.#found
    if (found.length === 0) return found
    this.#found = []
    return found.sort((a, b) => a.position - b.position || a.channel - b.channel)
  }
}

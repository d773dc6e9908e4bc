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
  /** Number of the channel, and who looks at it. */
  readonly finders: readonly (readonly [channel: number, finder: SpikeFinder])[]
  readonly #reader = new ChannelReader()
  #found: Spike[] = []
  /** Whose spikes `#take` takes. */
  #at = 0
  readonly #take: TakeSpike = (position, waveform) => {
    const [channel, { noise }] = this.finders[this.#at]!
    const { centre, deviation } = noise
    this.#found.push({ position, channel, waveform, noise: { centre, deviation } })
  }

  constructor(channels: readonly number[], shape: SpikeShape) {
    this.finders = channels.map((channel) => [channel, new SpikeFinder(shape)] as const)
  }

  /** Spikes that have become known with a chunk `(samples, channels)`; `index` is that of its last sample plus one. */
  process(data: ReadonlyNdArray, index: number, rule: SpikeRule): Spike[] {
    const at = { count: data.length, first: index - data.length }
    for (this.#at = 0; this.#at < this.finders.length; this.#at++) {
      const [channel, finder] = this.finders[this.#at]!
      finder.process(this.#reader.read(data, channel), at, rule, this.#take)
    }
    return this.#takeAll()
  }

  /** The signal breaks off: gives the spikes that are complete. */
  flush(): Spike[] {
    for (this.#at = 0; this.#at < this.finders.length; this.#at++) this.finders[this.#at]![1].flush(this.#take)
    return this.#takeAll()
  }

  /** Spikes whose waveforms were cut off. */
  get cutOff(): number {
    return this.finders.reduce((sum, [, { cutOff }]) => sum + cutOff, 0)
  }

  #takeAll(): Spike[] {
    const found = this.#found
    if (found.length === 0) return found
    this.#found = []
    return found.sort((a, b) => a.position - b.position || a.channel - b.channel)
  }
}

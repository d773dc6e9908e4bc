import type { ReadonlyNdArray } from '@nodeacq/ndarray'
import { ChannelReader } from '../../dsp/ChannelReader.ts'
import type { TiaBlock } from './TiaPacket.ts'

export interface SignalBlocksOptions {
  /** Bit of the signal's type. */
  readonly bit: number
  readonly channels: number
  /** Samples of each channel in a packet; a fraction where packets take turns in having one more. */
  readonly perPacket: number
  /** Physical value = offset + scale × value, for each channel. */
  readonly scale: readonly number[]
  readonly offset: readonly number[]
}

/** What a rate of packets is off by, in rounding. */
const EPSILON = 1e-9

/**
 * Cuts a signal into the blocks of packets 0, 1, 2 …, channel after channel. Samples that are missing are NaN.
 *
 * ```
 *   base        taken                       end
 *    ├── taken ───┼── block ─┼── block ─┼────┤      absolute samples
 * ```
 */
export class SignalBlocks {
  readonly #options: SignalBlocksOptions
  readonly #reader = new ChannelReader()
  /** Channel after channel, each with room for `#capacity` samples from `#base` on. */
  #values = new Float32Array(0)
  #capacity = 0
  #base = 0
  #end = 0
  /** Samples that came last. */
  #newest = 0
  /** Packets that were taken. */
  #packet = 0
  /** What is missing of the samples that are not taken, in order. */
  #holes: { readonly from: number; readonly to: number }[] = []
  #block: TiaBlock

  constructor(options: SignalBlocksOptions) {
    this.#options = options
    this.#block = this.#newBlock(Math.round(options.perPacket))
  }

  /** Absolute sample after the newest. */
  get end(): number {
    return this.#end
  }

  /** Whether all samples of the next packet are there. */
  get isReady(): boolean {
    return this.#end >= this.#endOf(this.#packet)
  }

  /** Whether there are samples that are not taken. */
  get hasRest(): boolean {
    return this.#end > this.#taken
  }

  /** Packets for which it has samples, less those that came last: one sample of a slow signal is for many packets. */
  get lead(): number {
    return (this.#end - this.#newest - this.#taken) / this.#options.perPacket
  }

  get #taken(): number {
    return this.#packet === 0 ? 0 : this.#endOf(this.#packet - 1)
  }

  /** Takes samples `(samples, channels)` that follow. Those of packets that have gone are dropped. */
  push(data: ReadonlyNdArray): void {
    const late = Math.min(data.length, Math.max(0, this.#taken - this.#end))
    const from = this.#end + late
    const count = data.length - late
    this.#end += data.length
    this.#newest = data.length
    if (count <= 0) return
    this.#makeRoom(from)
    const { channels, scale, offset } = this.#options
    for (let channel = 0; channel < channels; channel++) {
      const samples = this.#reader.read(data, channel)
      const [gain, zero] = [scale[channel]!, offset[channel]!]
      let at = channel * this.#capacity + from - this.#base
      for (let k = late; k < data.length; k++, at++) this.#values[at] = zero + gain * samples[k]!
    }
  }

  /** So many samples that follow are missing. */
  skip(count: number): void {
    const from = Math.max(this.#end, this.#taken)
    this.#end += count
    this.#newest = count
    if (this.#end <= from) return
    this.#makeRoom(from)
    for (let channel = 0; channel < this.#options.channels; channel++) {
      const at = channel * this.#capacity - this.#base
      this.#values.fill(NaN, at + from, at + this.#end)
    }
    this.#holes.push({ from, to: this.#end })
  }

  /**
   * The block of the next packet, with NaN for what is not there; valid until the next call. Undefined where the packet has none, or all
   * of it is missing.
   */
  take(): { readonly block: TiaBlock; readonly isMissing: boolean } | undefined {
    const from = this.#taken
    const to = this.#endOf(this.#packet)
    this.#packet += 1
    const blockSize = to - from
    if (blockSize === 0) return undefined
    if (this.#block.blockSize !== blockSize) this.#block = this.#newBlock(blockSize)
    const { data, channels } = this.#block
    const there = Math.max(0, Math.min(this.#end, to) - from)
    for (let channel = 0; channel < channels; channel++) {
      const start = channel * this.#capacity + from - this.#base
      data.set(this.#values.subarray(start, start + there), channel * blockSize)
      data.fill(NaN, channel * blockSize + there, (channel + 1) * blockSize)
    }
    const isMissing = there === 0 || this.#holes.some((hole) => hole.from <= from && hole.to >= from + there)
    while (this.#holes.length > 0 && this.#holes[0]!.to <= to) this.#holes.shift()
    return { block: this.#block, isMissing }
  }

  #endOf(packet: number): number {
    return Math.floor((packet + 1) * this.#options.perPacket + EPSILON)
  }

  /** Room for samples up to the end; what was taken makes place. @param from where the new ones begin */
  #makeRoom(from: number): void {
    const { channels } = this.#options
    const keptFrom = Math.min(this.#taken, from)
    const kept = from - keptFrom
    const needed = this.#end - keptFrom
    if (this.#end - this.#base <= this.#capacity) return
    const capacity = Math.max(this.#capacity, 2 * needed)
    const values = capacity > this.#capacity ? new Float32Array(channels * capacity) : this.#values
    for (let channel = 0; channel < channels; channel++) {
      const start = channel * this.#capacity + keptFrom - this.#base
      if (values === this.#values) values.copyWithin(channel * capacity, start, start + kept)
      else values.set(this.#values.subarray(start, start + kept), channel * capacity)
    }
    this.#values = values
    this.#capacity = capacity
    this.#base = keptFrom
  }

  #newBlock(blockSize: number): TiaBlock {
    const { bit, channels } = this.#options
    return { bit, channels, blockSize, data: new Float32Array(channels * blockSize) }
  }
}

import { NdArray } from '@nodeacq/ndarray'
import { monotonicNow, type OutputStream } from '@nodeacq/stream'
import { WideCounterTrack } from '../WideCounterTrack.ts'
import type { RdaData } from './rdaMessages.ts'
import { triggersOf } from './rdaTriggers.ts'

export interface RdaSignalOptions {
  readonly signals: OutputStream
  readonly triggers: OutputStream
  /** Hz. */
  readonly sampleRate: number
  readonly channels: number
  /** µV of a 1, of each channel, where values are to be sent in µV. */
  readonly gains?: readonly number[]
}

/** The blocks of a recorder on their way to the outputs. What the block numbers skip is a gap that the device made. */
export class RdaSignal {
  readonly counts = { lostBlocks: 0, duplicates: 0, restarts: 0 }
  readonly #options: RdaSignalOptions
  #track: WideCounterTrack | undefined
  /** Points of a block, and number of the newest. */
  #points = 0
  #block = -1
  /** Number of the sample after the newest, and s at which it came. */
  #end = 0
  #time = 0
  #hasBegunAnew = false

  constructor(options: RdaSignalOptions) {
    this.#options = options
  }

  /** Whether data have come since the connection was made. */
  get isFlowing(): boolean {
    return this.#track !== undefined && !this.#hasBegunAnew
  }

  /** The recorder started anew, or the connection to it did. */
  beginAnew(): void {
    this.#track?.beginAnew()
    this.#hasBegunAnew = true
  }

  /** A block that came before is left out; otherwise the values are handed over. */
  async take(data: RdaData): Promise<void> {
    if (data.points === 0) return
    const missing = this.#missingBefore(data, monotonicNow() / 1000)
    if (missing === undefined) return
    const { signals, triggers, channels } = this.#options
    const first = this.#end + missing
    this.#end = first + data.points
    await signals.send(NdArray.fromTyped(this.#valuesOf(data), [data.points, channels]), this.#end, { handOver: true })
    if (data.markers.length > 0) await triggers.send(triggersOf(data.markers, first), undefined, { handOver: true })
  }

  /** Samples that are missing before a block; undefined for one that came before. */
  #missingBefore({ block, points }: RdaData, time: number): number | undefined {
    const { sampleRate } = this.#options
    const elapsed = time - this.#time
    const isFirst = this.#track === undefined
    const hasBegunAnew = this.#hasBegunAnew
    const isOther = points !== this.#points
    if (this.#track === undefined || isOther) {
      this.#track = new WideCounterTrack({ rate: sampleRate / points, modulus: 2 ** 32 })
      this.#block = -1
    }
    const number = this.#track.next(block, time)
    this.counts.duplicates = this.#track.counts.duplicates
    this.counts.restarts = this.#track.counts.restarts
    if (number === undefined) return undefined
    const lost = number - this.#block - 1
    this.#block = number
    this.#points = points
    this.#time = time
    this.#hasBegunAnew = false
    // Blocks of another length cannot be compared with those before; where the way was open all the time, nothing is missing.
    if (isOther) return !isFirst && hasBegunAnew ? Math.max(0, Math.floor(elapsed * sampleRate - points)) : 0
    this.counts.lostBlocks += lost
    return lost * points
  }

  #valuesOf({ values }: RdaData): Float32Array<ArrayBuffer> {
    const { gains, channels } = this.#options
    const floats = values instanceof Float32Array ? values : Float32Array.from(values)
    if (gains === undefined) return floats
    for (let at = 0; at < floats.length;) {
      for (let k = 0; k < channels; k++, at++) floats[at]! *= gains[k]!
    }
    return floats
  }
}

import { CYTON_CHANNELS, type CytonPacket } from './cytonPackets.ts'

/** Two packets that make one sample of 16 channels, at half the rate. */
export interface DaisySample {
  /** Half the number of the first of the two, 0–127. */
  number: number
  /** Channels 1–8 of the board, 9–16 of the Daisy. */
  readonly counts: Int32Array
}

/** What `DaisySample.number` counts up to. */
export const DAISY_COUNTER = 128

/**
 * Joins the packets of a Cyton with Daisy: an even number has the channels of the Daisy, the odd one after it those of the
 * board, each the mean of two samples. Halves whose other half is missing are dropped.
 */
export class DaisyPairs {
  readonly #sample: DaisySample = { number: 0, counts: new Int32Array(2 * CYTON_CHANNELS) }
  #even: number | undefined
  #halves = 0

  /** Halves that were dropped. */
  get halves(): number {
    return this.#halves
  }

  /** The sample that this packet completes; valid until the next call. */
  take({ sampleNumber, counts }: Readonly<CytonPacket>): Readonly<DaisySample> | undefined {
    const even = this.#even
    this.#even = undefined
    if (sampleNumber % 2 === 0) {
      if (even !== undefined) this.#halves += 1
      this.#even = sampleNumber
      this.#sample.counts.set(counts, CYTON_CHANNELS)
      return undefined
    }
    if (even !== sampleNumber - 1) {
      this.#halves += even === undefined ? 1 : 2
      return undefined
    }
    this.#sample.counts.set(counts, 0)
    this.#sample.number = even >> 1
    return this.#sample
  }

  /** The board begins to count anew. */
  beginAnew(): void {
    if (this.#even !== undefined) this.#halves += 1
    this.#even = undefined
  }
}

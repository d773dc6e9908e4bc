import { PositionQueue } from '../PositionQueue.ts'
import { NoiseEstimate } from './NoiseEstimate.ts'

export const SIGNS = ['negative', 'positive', 'both'] as const

/** What a spike is. */
export interface SpikeRule {
  /** Multiples of the deviation of the noise. */
  readonly threshold: number
  readonly sign: (typeof SIGNS)[number]
}

/** Lengths in samples. */
export interface SpikeShape {
  /** Of the waveform before its peak, and from the peak on. */
  readonly before: number
  readonly after: number
  /** From the crossing of the threshold: in it the peak is looked for, and no other spike begins. */
  readonly dead: number
  /** Of the blocks that the noise is estimated from. */
  readonly noiseBlock: number
  /** Weight of a new block, 0–1. */
  readonly noiseWeight: number
}

/** What was found; the memory of the waveform is the receiver's. */
export type TakeSpike = (position: number, waveform: Float64Array) => void

/**
 * Finds the spikes of one channel. A spike begins where the signal is farther from the centre of the noise than the threshold;
 * its position is the farthest sample of the dead time from there; and the next can begin once the signal has been back:
 *
 *             start          start + dead
 *               |   peak      |
 *   ────────────┼────┼────────┼──────      told with sample peak + dead + after, always that late, so that
 *          [ before ][  after   ]          spikes of many channels come in the order of their positions
 *
 * Samples are looked at one by one, so that the result does not depend on how the signal is cut. A waveform that would reach
 * over a gap or beyond an end is not made. NaN is no spike; a waveform with one is given out as it is.
 */
export class SpikeFinder {
  readonly noise: NoiseEstimate
  /** Spikes whose waveforms were cut off by a gap or an end. */
  cutOff = 0
  readonly #shape: SpikeShape
  readonly #delay: number
  /** The newest samples, sample i at i modulo its length, a power of 2. */
  readonly #ring: Float64Array
  readonly #waiting = new PositionQueue()
  #since = 0
  #next = NaN
  #start = NaN
  #peak = 0
  #extreme = 0
  #isArmed = false

  constructor(shape: SpikeShape) {
    this.#shape = shape
    this.#delay = shape.dead + shape.after
    this.noise = new NoiseEstimate(shape.noiseBlock, shape.noiseWeight)
    this.#ring = new Float64Array(2 ** Math.ceil(Math.log2(shape.before + this.#delay + 2)))
  }

  /** Looks at the first `count` values of `samples`, the first of which is sample `first` of the stream. */
  process(samples: Float64Array, at: { count: number; first: number }, rule: SpikeRule, take: TakeSpike): void {
    const { count, first } = at
    if (first !== this.#next) this.#begin(first, take)
    this.#next = first + count
    const { noise } = this
    const ring = this.#ring
    const last = ring.length - 1
    const { threshold, sign } = rule
    for (let k = 0; k < count; k++) {
      const value = samples[k]!
      const position = first + k
      // `&` takes the low 32 bits of a number of any size, which is all that the mask needs.
      ring[position & last] = value
      const off = value - noise.centre
      const distance = sign === 'negative' ? -off : sign === 'positive' ? off : Math.abs(off)
      this.#look(position, distance, noise.deviation > 0 && distance > threshold * noise.deviation)
      noise.add(value)
      if (this.#waiting.length > 0 && this.#waiting.head + this.#delay <= position) this.#give(take)
    }
  }

  /** The signal breaks off: gives out what is complete. */
  flush(take: TakeSpike): void {
    while (this.#waiting.length > 0) {
      if (this.#waiting.head + this.#shape.after <= this.#next) this.#give(take)
      else {
        this.#waiting.shift()
        this.cutOff += 1
      }
    }
    if (!Number.isNaN(this.#start)) this.cutOff += 1
    this.#start = NaN
    this.#next = NaN
    this.#isArmed = false
    this.noise.breakOff()
  }

  #begin(first: number, take: TakeSpike): void {
    this.flush(take)
    this.#since = first
  }

  #look(position: number, distance: number, isBeyond: boolean): void {
    if (Number.isNaN(this.#start)) {
      if (isBeyond && this.#isArmed) {
        this.#start = position
        this.#peak = position
        this.#extreme = distance
      }
      this.#isArmed = !isBeyond
    } else if (distance > this.#extreme) {
      this.#peak = position
      this.#extreme = distance
    }
    if (position - this.#start + 1 >= this.#shape.dead) {
      this.#waiting.push(this.#peak)
      this.#start = NaN
      this.#isArmed = !isBeyond
    }
  }

  #give(take: TakeSpike): void {
    const peak = this.#waiting.shift()
    const { before, after } = this.#shape
    const from = peak - before
    if (from < this.#since) {
      this.cutOff += 1
      return
    }
    const waveform = new Float64Array(before + after)
    for (let k = 0; k < waveform.length; k++) waveform[k] = this.#ring[(from + k) & (this.#ring.length - 1)]!
    take(peak, waveform)
  }
}

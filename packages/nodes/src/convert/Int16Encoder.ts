import type { NdArray } from '@nodeacq/ndarray'
import type { Int16Scaling } from './int16Scaling.ts'

/** Makes int16 of samples, and counts what is lost. */
export class Int16Encoder {
  readonly scalings: readonly Int16Scaling[]
  /** Of the rounding, in the unit of the channel. */
  maxError = 0
  /** Set to the nearest number that can be said. */
  clipped: { count: number; firstIndex?: number; maxExcess: number } = { count: 0, maxExcess: 0 }
  /** Set to 0. */
  notFinite = 0
  readonly #isCopy: boolean
  readonly #factors: Float64Array
  readonly #shifts: Float64Array
  readonly #gains: Float64Array
  #buffer = new Int16Array(0)

  constructor(scalings: readonly Int16Scaling[], itemSize: number) {
    this.scalings = scalings
    this.#isCopy = itemSize === 2 && scalings.every(({ isExact, shift }) => isExact && shift === 0)
    this.#factors = Float64Array.from(scalings, ({ factor }) => factor)
    this.#shifts = Float64Array.from(scalings, ({ shift }) => shift)
    this.#gains = Float64Array.from(scalings, ({ gain }) => Math.abs(gain))
  }

  get isExact(): boolean {
    return this.maxError === 0 && this.clipped.count === 0 && this.notFinite === 0
  }

  /** The coarsest step of the channels that are rounded, 0 where none is. */
  get step(): number {
    return this.scalings.reduce((step, { isExact, gain }) => (isExact ? step : Math.max(step, gain)), 0)
  }

  /** Little-endian; valid until the next call. @param index of the first row */
  encode(block: NdArray, index: number): Uint8Array {
    if (this.#isCopy) return block.bytes()
    const { size } = block
    if (this.#buffer.length < size) this.#buffer = new Int16Array(size)
    const values = block.typed()
    const target = this.#buffer
    const channels = this.#factors.length
    for (let at = 0, channel = 0; at < size; at++) {
      const wanted = Number(values[at]!) * this.#factors[channel]! + this.#shifts[channel]!
      let digital = Math.round(wanted)
      if (digital >= -32_768 && digital <= 32_767) {
        const error = Math.abs(digital - wanted) * this.#gains[channel]!
        if (error > this.maxError) this.maxError = error
      } else if (Number.isFinite(digital)) {
        digital = digital < 0 ? -32_768 : 32_767
        this.clipped.count += 1
        this.clipped.firstIndex ??= index + Math.floor(at / channels)
        const excess = Math.abs(wanted - digital) * this.#gains[channel]!
        if (excess > this.clipped.maxExcess) this.clipped.maxExcess = excess
      } else {
        this.notFinite += 1
        digital = 0
      }
      target[at] = digital
      channel = channel + 1 === channels ? 0 : channel + 1
    }
    return new Uint8Array(target.buffer, 0, size * 2)
  }
}

import type { NdArray } from '@nodeacq/ndarray'
import type { ChannelPlan } from './ChannelPlan.ts'

/** Rows `[from, to)` in which a value is no number. */
export interface MissingRun {
  from: number
  to: number
}

/** Makes the digital numbers of samples, and counts what is lost. */
export class Quantizer {
  readonly clipped: { count: number; firstIndex?: number; maxExcess: number } = { count: 0, maxExcess: 0 }
  notFinite = 0
  readonly #plans: readonly ChannelPlan[]
  readonly #isPlain: boolean
  /** Greatest rounding error of each channel, in steps. */
  readonly #errors: Float64Array
  /** Rows this near to each other are one run. */
  readonly #merge: number
  #missing: MissingRun[] = []

  /** @param isPlain the type of the stored numbers holds nothing that does not fit */
  constructor(plans: readonly ChannelPlan[], { isPlain, merge }: { isPlain: boolean; merge: number }) {
    this.#plans = plans
    this.#isPlain = isPlain && plans.every((plan) => plan.isExact)
    this.#merge = merge
    this.#errors = new Float64Array(plans.length)
  }

  /** Of the rounding, in the unit of the channel, the greatest of all channels. */
  get maxError(): number {
    return Math.max(0, ...this.#plans.map(({ scaling }, c) => this.#errors[c]! * scaling.storedGain))
  }

  /** The digital numbers of `block`, `(rows, channels)`, as a fresh array. @param index of the first row */
  quantize(block: NdArray, index: number): Int32Array {
    const values = block.typed()
    const target = new Int32Array(values.length)
    if (this.#isPlain) {
      target.set(values as Int16Array)
      return target
    }
    const channels = this.#plans.length
    for (const [c, plan] of this.#plans.entries()) {
      const { factor, shift, least, greatest, isExact } = plan
      let worst = this.#errors[c]!
      for (let at = c, row = 0; at < values.length; at += channels, row++) {
        const value = Number(values[at]!) * factor + shift
        // Rounds half to even: beyond 2^52 a double has no fraction.
        let digital = value + ROUNDER - ROUNDER
        if (digital >= least && digital <= greatest) {
          if (!isExact) {
            const error = Math.abs(digital - value)
            if (error > worst) worst = error
          }
        } else if (Number.isFinite(value)) {
          digital = this.#clip(value, plan, index + row)
        } else {
          digital = plan.zero
          this.#note(index + row)
        }
        target[at] = digital
      }
      this.#errors[c] = worst
    }
    return target
  }

  /** Where values were that are no number, since the last call. */
  takeMissing(): readonly MissingRun[] {
    const missing = this.#missing
    this.#missing = []
    return missing
  }

  #clip(value: number, { least, greatest, scaling }: ChannelPlan, index: number): number {
    const limit = value < least ? least : greatest
    this.clipped.count += 1
    this.clipped.firstIndex = Math.min(index, this.clipped.firstIndex ?? index)
    this.clipped.maxExcess = Math.max(this.clipped.maxExcess, Math.abs(value - limit) * scaling.storedGain)
    return limit
  }

  #note(row: number): void {
    this.notFinite += 1
    const near = this.#missing.find(({ from, to }) => row >= from - this.#merge && row <= to + this.#merge)
    if (near === undefined) this.#missing.push({ from: row, to: row + 1 })
    else {
      near.from = Math.min(near.from, row)
      near.to = Math.max(near.to, row + 1)
    }
  }
}

const ROUNDER = 1.5 * 2 ** 52

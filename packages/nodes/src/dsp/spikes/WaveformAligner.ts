import type { SpikeRule } from './SpikeFinder.ts'

/** Steps in a sample. */
const STEPS = 8
/** Samples on each side that a value between samples is made from. */
const REACH = 5
/** Samples that an aligned waveform needs beyond its ends: the reach, and one for the shift. */
export const ALIGN_MARGIN = REACH + 1

/**
 * Moves waveforms so that their peaks lie on a sample: the peak is looked for in steps of 1/8 sample, up to a sample to either
 * side, and the waveform is read anew from there. Values between samples are made by a sinc, tapered by a Hann window over ±5
 * samples (A. V. Oppenheim, R. W. Schafer: Discrete-Time Signal Processing, §4.2 and §7.5).
 */
export class WaveformAligner {
  readonly #before: number
  readonly #length: number
  /** Weights of the samples around one, for each shift from -1 to 1 sample. */
  readonly #kernels = Array.from({ length: 2 * STEPS + 1 }, (_, k) => kernelOf((k - STEPS) / STEPS))

  /** @param before samples before the peak; @param after samples from it on */
  constructor(before: number, after: number) {
    this.#before = before
    this.#length = before + after
  }

  /** @param raw the waveform with `ALIGN_MARGIN` samples more on both sides, its peak at `before + ALIGN_MARGIN` */
  align(raw: Float64Array, sign: SpikeRule['sign']): Float64Array {
    const peak = this.#before + ALIGN_MARGIN
    const isUpwards = sign === 'positive' || (sign === 'both' && raw[peak]! > mean(raw))
    let best = STEPS
    let height = -Infinity
    for (const [k, kernel] of this.#kernels.entries()) {
      const value = weigh(raw, peak, kernel) * (isUpwards ? 1 : -1)
      if (value > height) {
        height = value
        best = k
      }
    }
    const kernel = this.#kernels[best]!
    return Float64Array.from({ length: this.#length }, (_, k) => weigh(raw, k + ALIGN_MARGIN, kernel))
  }
}

/** Weights of the samples from -REACH to REACH for the value at `shift`; their sum is 1. */
function kernelOf(shift: number): Float64Array {
  const weights = Float64Array.from({ length: 2 * REACH + 1 }, (_, k) => {
    const x = shift - (k - REACH)
    if (Math.abs(x) >= REACH + 1) return 0
    const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)
    return sinc * Math.cos((Math.PI * x) / (2 * (REACH + 1))) ** 2
  })
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight) => weight / sum)
}

function weigh(raw: Float64Array, centre: number, kernel: Float64Array): number {
  let sum = 0
  for (let k = 0; k < kernel.length; k++) sum += kernel[k]! * raw[centre + k - REACH]!
  return sum
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

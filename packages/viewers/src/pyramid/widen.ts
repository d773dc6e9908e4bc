/*
 * The innermost loop of a pyramid, once per type: a function that has seen both kinds of arrays is three times slower.
 * `samples` holds rows of `channels` numbers; rows `[from, to)` widen the bucket at `at` of `values`.
 */

/** Integers: every value counts. */
export function widenInt16(values: Int16Array, at: number, samples: Int16Array, { from, to, channels }: Rows): void {
  for (let row = from; row < to; row++) {
    const start = row * channels
    for (let c = 0; c < channels; c++) {
      const value = samples[start + c]!
      const slot = at + 2 * c
      if (value < values[slot]!) values[slot] = value
      if (value > values[slot + 1]!) values[slot + 1] = value
    }
  }
}

/** Floats: NaN and infinite values count as nothing. */
export function widenFloat32(
  values: Float32Array,
  at: number,
  samples: Float32Array,
  { from, to, channels }: Rows
): void {
  for (let row = from; row < to; row++) {
    const start = row * channels
    for (let c = 0; c < channels; c++) {
      const value = samples[start + c]!
      const slot = at + 2 * c
      // Comparisons with NaN are false; an empty bucket holds (Infinity, -Infinity), which no infinite value passes.
      if (value < values[slot]! && value !== -Infinity) values[slot] = value
      if (value > values[slot + 1]! && value !== Infinity) values[slot + 1] = value
    }
  }
}

export interface Rows {
  readonly from: number
  readonly to: number
  readonly channels: number
}

/** Stored numbers that stand for no data: the lowest is above the highest. */
export const NO_DATA = { min: 32_767, max: -32_768 } as const

/** Steps between the lowest and the highest value of a channel; the ends of int16 are for no data. */
const STEPS = 65_000
const LOWEST = -STEPS / 2

export interface Quantized {
  /** `[column][channel][min, max]`. */
  readonly values: Int16Array
  readonly scale: Float32Array
  readonly offset: Float32Array
}

/**
 * Columns of floats as int16 with a scale and an offset per channel, so that a small signal on a large offset keeps its
 * shape: the error is at most a 65 000th of what the channel moved in these columns, and what float32 itself rounds.
 * @param values `[column][channel][min, max]`; min above max is no data
 */
export function quantize(values: Float32Array, channels: number): Quantized {
  const low = new Float64Array(channels).fill(Infinity)
  const high = new Float64Array(channels).fill(-Infinity)
  for (let k = 0; k < values.length; k += 2) {
    if (values[k]! > values[k + 1]!) continue
    const channel = (k / 2) % channels
    low[channel] = Math.min(low[channel]!, values[k]!)
    high[channel] = Math.max(high[channel]!, values[k + 1]!)
  }
  const scale = new Float32Array(channels)
  const offset = new Float32Array(channels)
  for (let c = 0; c < channels; c++) {
    if (low[c]! > high[c]!) continue
    // Halves first: the difference of two huge numbers is no number.
    scale[c] = (high[c]! / 2 - low[c]! / 2) / (STEPS / 2)
    offset[c] = low[c]! / 2 + high[c]! / 2
  }
  const stored = new Int16Array(values.length)
  for (let k = 0; k < values.length; k += 2) {
    const channel = (k / 2) % channels
    const isNothing = values[k]! > values[k + 1]!
    stored[k] = isNothing ? NO_DATA.min : step(values[k]!, scale[channel]!, offset[channel]!)
    stored[k + 1] = isNothing ? NO_DATA.max : step(values[k + 1]!, scale[channel]!, offset[channel]!)
  }
  return { values: stored, scale, offset }
}

function step(value: number, scale: number, offset: number): number {
  if (scale === 0) return 0
  return Math.max(LOWEST, Math.min(-LOWEST, Math.round((value - offset) / scale)))
}

/** A channel matrix in the form in which kernels work it off. */
export interface MixPlan {
  /** Weights of a sum that all outputs contain, taken once per sample; undefined where that would save nothing. */
  readonly common: Float64Array | undefined
  /** Row after row: the weights besides the common sum, and last that of the sum itself. `channelCount + 1` each. */
  readonly rows: Float64Array
}

/**
 * Finds what most rows of a matrix share, as they do in a common average: `x_i − mean` is one sum and one difference per
 * channel, instead of as many products as there are channels.
 * @param matrix row after row
 */
export function planMix(matrix: Float64Array, channelCount: number): MixPlan {
  const outputCount = matrix.length / channelCount
  const common = Float64Array.from({ length: channelCount }, (_, c) => {
    return mostFrequent(Array.from({ length: outputCount }, (_unused, o) => matrix[o * channelCount + c]!))
  })
  const rest = matrix.map((weight, i) => weight - common[i % channelCount]!)
  const isShorter = channelCount + outputCount + count(rest) < count(matrix) / 2
  const chosen = isShorter ? rest : matrix
  const rows = new Float64Array(outputCount * (channelCount + 1))
  for (let o = 0; o < outputCount; o++) {
    rows.set(chosen.subarray(o * channelCount, (o + 1) * channelCount), o * (channelCount + 1))
    if (isShorter) rows[o * (channelCount + 1) + channelCount] = 1
  }
  return { common: isShorter ? common : undefined, rows }
}

function mostFrequent(values: readonly number[]): number {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  let best = values[0]!
  for (const [value, times] of counts) if (times > counts.get(best)!) best = value
  return best
}

function count(weights: Float64Array): number {
  return weights.reduce((sum, weight) => sum + (weight === 0 ? 0 : 1), 0)
}

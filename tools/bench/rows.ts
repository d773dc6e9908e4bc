/** One figure. With a peer measured in the same run, `ratio` > 1 means that we are better. */
export interface Row {
  readonly suite: string
  readonly case: string
  readonly metric: string
  readonly unit: string
  readonly value: number
  readonly peer?: string
  readonly peerValue?: number
  readonly ratio?: number
}

interface Comparison extends Omit<Row, 'ratio'> {
  /** `more` (rates) or `less` (times) is better. */
  readonly better: 'more' | 'less'
}

/** Makes a row and its ratio. */
export function row({ better, ...measured }: Comparison): Row {
  const { value, peerValue } = measured
  if (peerValue === undefined) return measured
  return { ...measured, ratio: round(better === 'more' ? value / peerValue : peerValue / value) }
}

function round(value: number): number {
  return Number(value.toPrecision(4))
}

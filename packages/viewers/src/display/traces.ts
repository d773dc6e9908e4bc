import type { Lane } from '../raster/rasterize.ts'

/** How the values of a channel come to lie in the plot: `gain · value + offset`, in the units of the plot's y axis. */
export interface Trace {
  readonly gain: number
  readonly offset: number
}

export interface Axis {
  readonly yMin: number
  readonly yMax: number
}

export type ScaleMode = 'real_scale' | 'same_for_all' | 'by_channel'

/** Lowest, highest, middle and spread of a channel over a window. */
export interface ChannelStatistics {
  readonly min: number
  readonly max: number
  readonly median: number
  /** Standard deviation, from the median of absolute deviations. */
  readonly deviation: number
}

/** Lanes stand this many standard deviations apart; pyacq's number. */
const SPACING = 9
/** Of gaussian noise: standard deviation / median absolute deviation. */
const MAD_TO_DEVIATION = 1.4826

/** The middle and spread of some values, those that are no numbers left out; undefined when none is left. */
export function statisticsOf(values: Float64Array): ChannelStatistics | undefined {
  const finite = values.filter(Number.isFinite).sort()
  if (finite.length === 0) return undefined
  const median = middle(finite)
  const deviations = finite.map((value) => Math.abs(value - median)).sort()
  return { min: finite[0]!, max: finite.at(-1)!, median, deviation: MAD_TO_DEVIATION * middle(deviations) }
}

/**
 * Scales after pyacq's rules, for the visible channels in their order from the top. `real_scale`: the values as they are
 * on one axis; else one lane each, of the same height in units for all or of one's own.
 */
export function autoScale(
  mode: ScaleMode,
  statistics: readonly (ChannelStatistics | undefined)[]
): { traces: Trace[]; axis: Axis } {
  const known = statistics.filter((one) => one !== undefined)
  if (mode === 'real_scale') {
    const low = known.length === 0 ? -1 : Math.min(...known.map(({ min }) => min))
    const high = known.length === 0 ? 1 : Math.max(...known.map(({ max }) => max))
    const axis = low < high ? { yMin: low, yMax: high } : { yMin: low - 1, yMax: high + 1 }
    return { traces: statistics.map(() => ({ gain: 1, offset: 0 })), axis }
  }
  const widest = Math.max(0, ...known.map(({ deviation }) => deviation))
  const traces = statistics.map((one, k) => {
    const deviation = mode === 'same_for_all' ? widest : (one?.deviation ?? 0)
    const gain = deviation > 0 ? 1 / (SPACING * deviation) : 1
    return { gain, offset: positionOf(k, statistics.length) - (one?.median ?? 0) * gain }
  })
  return { traces, axis: laneAxis(statistics.length) }
}

/** Where lane `k` of `count` lies on the axis of lanes. */
export function positionOf(k: number, count: number): number {
  return count - 1 - k
}

/** The axis of `count` lanes, a unit apart. */
export function laneAxis(count: number): Axis {
  return { yMin: -0.5, yMax: Math.max(1, count) - 0.5 }
}

/** Another gain, with what lies at `position` kept where it is. */
export function withGain({ gain, offset }: Trace, to: number, position: number): Trace {
  return { gain: to, offset: position - ((position - offset) / gain) * to }
}

/** The rows in which traces are drawn. */
export function lanesOf(
  traces: readonly Trace[],
  { yMin, yMax }: Axis,
  { height, colours }: { height: number; colours: readonly number[] }
): Lane[] {
  const rows = height / (yMax - yMin)
  return traces.map(({ gain, offset }, k) => {
    const middleRow = ((k + 0.5) / traces.length) * height
    const half = height / traces.length / 2
    return {
      channel: k,
      top: middleRow - half,
      bottom: middleRow + half,
      centre: (yMax - offset) * rows,
      scale: gain * rows,
      offset: 0,
      colour: colours[k] ?? k
    }
  })
}

function middle(sorted: Float64Array): number {
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}

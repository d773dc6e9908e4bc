import { uniformNumbers } from '../../uniformNumbers.ts'
import { kMeans } from './kMeans.ts'
import { principalComponents } from './principalComponents.ts'

/** How templates are learnt. */
export interface LearnOptions {
  /** How many units there are; null finds out. */
  readonly units: number | null
  /** Principal components that are looked at. */
  readonly components: number
}

/** Clusters beyond the units wanted that the waveforms are divided into first. */
const SPARE_CLUSTERS = 8
/** A cluster with a smaller share of the waveforms is chance: overlapping spikes, artefacts. */
const SMALLEST_SHARE = 0.03
/** Clusters whose distance is a smaller multiple of their spread are one; the halves of one normal cluster are at 2.7. */
const MERGE_BELOW = 4
const SEED = 20_040_816

/**
 * The mean shapes of the units in a set of aligned waveforms, the largest peak first.
 *
 *   waveforms ─► principal components ─► k-means, too many clusters ─► drop small ones ─► merge ─► medians
 *
 * Neighbouring clusters are merged, the nearest first, as long as they are not apart or there are more than wanted. The
 * distance of two is that of their means over the spread of their members, both along the line between the means. The same
 * waveforms give the same templates.
 */
export function learnTemplates(waveforms: readonly Float64Array[], options: LearnOptions): Float64Array[] {
  const { units, components } = options
  const points = principalComponents(waveforms, components)
  const wanted = Math.min((units ?? 0) + SPARE_CLUSTERS, waveforms.length)
  const found = kMeans(points, wanted, uniformNumbers(SEED))
  const least = Math.min(SMALLEST_SHARE * waveforms.length, Math.max(...found.map(({ length }) => length)))
  const clusters = found.filter((members) => members.length >= least)
  const isApart = (distance: number) => (units === null ? distance >= MERGE_BELOW : clusters.length <= units)
  while (clusters.length > 1) {
    const { a, b, distance } = closestPair(points, clusters)
    if (isApart(distance)) break
    clusters[a] = [...clusters[a]!, ...clusters[b]!]
    clusters.splice(b, 1)
  }
  return clusters.map((members) => medianOf(members.map((k) => waveforms[k]!))).sort((a, b) => height(b) - height(a))
}

function closestPair(points: readonly Float64Array[], clusters: readonly number[][]) {
  let best = { a: 0, b: 1, distance: Infinity }
  for (let a = 0; a < clusters.length; a++) {
    for (let b = a + 1; b < clusters.length; b++) {
      const distance = separation(points, clusters[a]!, clusters[b]!)
      if (distance < best.distance) best = { a, b, distance }
    }
  }
  return best
}

function separation(points: readonly Float64Array[], a: readonly number[], b: readonly number[]): number {
  const [from, to] = [meanOf(points, a), meanOf(points, b)]
  const axis = to.map((value, k) => value - from[k]!)
  const length = Math.hypot(...axis)
  const along = (members: readonly number[]) =>
    members.map((k) => points[k]!.reduce((sum, value, i) => sum + (value * axis[i]!) / length, 0))
  const spread = Math.sqrt((variance(along(a)) + variance(along(b))) / 2)
  return length === 0 ? 0 : length / spread
}

function meanOf(points: readonly Float64Array[], members: readonly number[]): Float64Array {
  const mean = new Float64Array(points[0]!.length)
  for (const k of members) for (let i = 0; i < mean.length; i++) mean[i]! += points[k]![i]! / members.length
  return mean
}

function variance(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
}

/** Sample by sample, which overlapping spikes among the members hardly move. */
function medianOf(waveforms: readonly Float64Array[]): Float64Array {
  return waveforms[0]!.map((_, k) => {
    const column = Float64Array.from(waveforms, (waveform) => waveform[k]!).sort()
    const middle = column.length >> 1
    return column.length % 2 === 1 ? column[middle]! : (column[middle - 1]! + column[middle]!) / 2
  })
}

function height(waveform: Float64Array): number {
  return waveform.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)
}

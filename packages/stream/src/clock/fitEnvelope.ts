/** Sample `index` was on its way at `time` (ms). */
export interface Mark {
  readonly index: number
  readonly time: number
}

/** A straight line from sample number to time. */
export interface ClockLine {
  /** A point of the line: sample `index` at `time`, ms. */
  readonly index: number
  readonly time: number
  /** ms from one sample to the next. */
  readonly period: number
  /** ms, between the samples `first` and `last`; outside it grows. */
  readonly uncertainty: number
  readonly first: number
  readonly last: number
}

/** With fewer marks nothing is said. */
export const FEWEST_MARKS = 8
/** What two looks at the same clock may differ by, ms. */
const RESOLUTION = 0.002
/** Share of the marks whose delays are believed to be usual ones. */
const USUAL = 0.9

/**
 * The clock of a stream, from the times at which samples were sent. A sample is never sent before it exists, and whatever
 * delays it only makes it later; so the clock is the lower edge of all marks:
 *
 *   time │            ×   ×  ╱
 *        │      ×        ╱ ×         × marks
 *        │   ×    × ╱  ×             ╱ the line below all of them that comes nearest to them
 *        │     ╱ ×
 *        └──────────────────── index
 *
 * It is the side of the convex hull below the middle of the marks (S. Moon, P. Skelly, D. Towsley: Estimation and removal
 * of clock skew from network delay measurements, INFOCOM 1999). The true line cannot lie above the hull. How far it may
 * lie below is judged by how much the marks, the best of their groups, differ from each other. A delay that every chunk
 * has cannot be seen.
 *
 * @param marks ascending in index; at least two
 * @param factor of their spread that the uncertainty is
 */
export function fitEnvelope(marks: readonly Mark[], factor: number): ClockLine {
  const { index: index0, time: time0 } = marks[0] as Mark
  const points = marks.map(({ index, time }) => ({ x: index - index0, y: time - time0 }))
  const middle = points.reduce((sum, { x }) => sum + x, 0) / points.length
  const [a, b] = sideBelow(points, middle)
  const slope = (b.y - a.y) / (b.x - a.x)
  const above = points.map(({ x, y }) => y - a.y - (x - a.x) * slope)
  const sorted = above.toSorted((p, q) => p - q)
  const usual = sorted[Math.ceil(USUAL * (sorted.length - 1))] as number
  // The hull is convex: where it is not on the line, it is highest at its ends.
  const spread = Math.max(usual, above[0] as number, above.at(-1) as number)
  return {
    index: index0 + middle,
    time: time0 + a.y + (middle - a.x) * slope,
    period: slope,
    uncertainty: factor * spread + RESOLUTION,
    first: index0,
    last: (marks.at(-1) as Mark).index
  }
}

interface Point {
  readonly x: number
  readonly y: number
}

/** The side of the lower convex hull that is below or above `x`. Andrew's monotone chain. */
function sideBelow(points: readonly Point[], x: number): readonly [Point, Point] {
  const hull: Point[] = []
  for (const point of points) {
    while (hull.length >= 2 && !turnsLeft(hull.at(-2) as Point, hull.at(-1) as Point, point)) hull.pop()
    hull.push(point)
  }
  const right = Math.max(
    1,
    hull.findIndex((point) => point.x >= x)
  )
  return [hull[right - 1] as Point, hull[right] as Point]
}

function turnsLeft(a: Point, b: Point, c: Point): boolean {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x) > 0
}

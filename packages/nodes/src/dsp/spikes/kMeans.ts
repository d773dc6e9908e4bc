/** Rounds after which the clusters are taken as they are. */
const MAX_ROUNDS = 100
/** Beginnings tried; the best counts. */
const ATTEMPTS = 5

/**
 * Divides points into at most `count` clusters by k-means with k-means++ beginnings (D. Arthur, S. Vassilvitskii, SODA 2007,
 * p. 1027); gives the members of each, none empty.
 * @param random numbers in [0, 1); the same ones give the same clusters
 */
export function kMeans(points: readonly Float64Array[], count: number, random: () => number): number[][] {
  let best: { spread: number; owners: Int32Array } | undefined
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const result = settle(points, firstCentres(points, count, random))
    if (best === undefined || result.spread < best.spread) best = result
  }
  const clusters: number[][] = Array.from({ length: count }, () => [])
  for (const [point, owner] of best!.owners.entries()) clusters[owner]!.push(point)
  return clusters.filter((members) => members.length > 0)
}

/** Each centre a point, chosen the likelier the farther it is from those before. */
function firstCentres(points: readonly Float64Array[], count: number, random: () => number): Float64Array[] {
  const centres = [points[Math.floor(random() * points.length)]!]
  const distances = points.map((point) => squaredDistance(point, centres[0]!))
  while (centres.length < count) {
    let rest = random() * distances.reduce((sum, distance) => sum + distance, 0)
    const chosen = distances.findIndex((distance) => (rest -= distance) < 0)
    const centre = points[chosen < 0 ? points.length - 1 : chosen]!
    centres.push(centre)
    for (const [k, point] of points.entries()) distances[k] = Math.min(distances[k]!, squaredDistance(point, centre))
  }
  return centres
}

/** Moves the centres into the middle of what is nearest to them until nothing changes (S. P. Lloyd, 1982). */
function settle(points: readonly Float64Array[], first: readonly Float64Array[]) {
  const centres = first.map((centre) => centre.slice())
  const owners = new Int32Array(points.length).fill(-1)
  let spread = 0
  for (let round = 0; round < MAX_ROUNDS; round++) {
    spread = 0
    let hasChanged = false
    for (const [k, point] of points.entries()) {
      const { owner, distance } = nearest(point, centres)
      spread += distance
      if (owners[k] !== owner) hasChanged = true
      owners[k] = owner
    }
    if (!hasChanged) break
    moveCentres(points, owners, centres)
  }
  return { spread, owners }
}

function moveCentres(points: readonly Float64Array[], owners: Int32Array, centres: readonly Float64Array[]): void {
  const counts = centres.map(() => 0)
  for (const owner of owners) counts[owner]! += 1
  for (const [k, centre] of centres.entries()) if (counts[k]! > 0) centre.fill(0)
  for (const [k, point] of points.entries()) {
    const owner = owners[k]!
    for (let axis = 0; axis < point.length; axis++) centres[owner]![axis]! += point[axis]! / counts[owner]!
  }
}

function nearest(point: Float64Array, centres: readonly Float64Array[]): { owner: number; distance: number } {
  let owner = 0
  let distance = Infinity
  for (const [k, centre] of centres.entries()) {
    const here = squaredDistance(point, centre)
    if (here < distance) {
      owner = k
      distance = here
    }
  }
  return { owner, distance }
}

export function squaredDistance(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let k = 0; k < a.length; k++) sum += (a[k]! - b[k]!) ** 2
  return sum
}

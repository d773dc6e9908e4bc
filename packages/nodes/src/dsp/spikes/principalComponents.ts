import { eigenSymmetric } from './eigenSymmetric.ts'

/**
 * The points in the coordinates of their principal components: the directions in which they vary most, the first most of
 * all. The origin is their mean.
 * @param points of equal length, at least two; @param count components wanted
 */
export function principalComponents(points: readonly Float64Array[], count: number): Float64Array[] {
  const length = points[0]!.length
  const mean = new Float64Array(length)
  for (const point of points) for (let k = 0; k < length; k++) mean[k]! += point[k]! / points.length
  const centred = points.map((point) => point.map((value, k) => value - mean[k]!))
  const covariance = Array.from({ length }, () => new Float64Array(length))
  for (const point of centred) {
    for (let p = 0; p < length; p++) {
      const row = covariance[p]!
      for (let q = p; q < length; q++) row[q]! += (point[p]! * point[q]!) / (points.length - 1)
    }
  }
  for (let p = 0; p < length; p++) for (let q = 0; q < p; q++) covariance[p]![q] = covariance[q]![p]!
  const axes = eigenSymmetric(covariance).vectors.slice(0, count)
  return centred.map((point) => Float64Array.from(axes, (axis) => dot(axis, point)))
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!
  return sum
}

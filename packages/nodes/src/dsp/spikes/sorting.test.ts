import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GaussianNoise } from '../../devices/GaussianNoise.ts'
import { uniformNumbers } from '../../uniformNumbers.ts'
import { eigenSymmetric } from './eigenSymmetric.ts'
import { kMeans } from './kMeans.ts'
import { learnTemplates } from './learnTemplates.ts'
import { principalComponents } from './principalComponents.ts'
import { ALIGN_MARGIN, WaveformAligner } from './WaveformAligner.ts'

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, k) => sum + value * b[k]!, 0)

function normals(count: number, seed: number): Float64Array {
  const values = new Float64Array(count)
  new GaussianNoise(seed).fill(values)
  return values
}

test('eigenvalues and eigenvectors of random symmetric matrices', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(), (n, seed) => {
      const random = uniformNumbers(seed)
      const rows = Array.from({ length: n }, () => new Float64Array(n))
      for (let p = 0; p < n; p++) for (let q = p; q < n; q++) rows[p]![q] = rows[q]![p] = 20 * random() - 10
      const { values, vectors } = eigenSymmetric(rows)
      for (const [k, vector] of vectors.entries()) {
        expect(values[k]!).toBeLessThanOrEqual(values[k - 1] ?? Infinity)
        for (const [j, row] of rows.entries()) {
          expect(Math.abs(dot(row, vector) - values[k]! * vector[j]!)).toBeLessThan(1e-11)
        }
        for (const [j, other] of vectors.entries()) {
          expect(Math.abs(dot(vector, other) - (j === k ? 1 : 0))).toBeLessThan(1e-12)
        }
      }
    }),
    { numRuns: 100 }
  )
})

test('a diagonal matrix, and one of zeros', () => {
  expect([...eigenSymmetric([Float64Array.of(1, 0), Float64Array.of(0, 3)]).values]).toEqual([3, 1])
  expect([...eigenSymmetric([Float64Array.of(0, 0), Float64Array.of(0, 0)]).values]).toEqual([0, 0])
})

test('the first principal component is the direction of the largest spread', () => {
  const noise = normals(3000, 4)
  const points = Array.from({ length: 1000 }, (_, k) => {
    const [a, b] = [10 * noise[3 * k]!, noise[3 * k + 1]!]
    return Float64Array.of(5 + 0.6 * a - 0.8 * b, 0.8 * a + 0.6 * b, 100 + 0.1 * noise[3 * k + 2]!)
  })
  for (const [k, [first, second]] of principalComponents(points, 2).entries()) {
    expect(Math.abs(first! - 10 * noise[3 * k]!)).toBeLessThan(1)
    expect(Math.abs(Math.abs(second!) - Math.abs(noise[3 * k + 1]!))).toBeLessThan(1)
  }
})

test('k-means finds groups that are apart, and leaves none empty', () => {
  const noise = normals(600, 9)
  const points = Array.from({ length: 300 }, (_, k) =>
    Float64Array.of(20 * (k % 3) + noise[2 * k]!, 30 * Number(k % 3 === 1) + noise[2 * k + 1]!)
  )
  const clusters = kMeans(points, 3, uniformNumbers(1))
  expect(clusters.map((members) => new Set(members.map((k) => k % 3)).size)).toEqual([1, 1, 1])
  const twins = [Float64Array.of(1), Float64Array.of(1), Float64Array.of(1)]
  expect(kMeans(twins, 3, uniformNumbers(1))).toEqual([[0, 1, 2]])
})

describe('learnTemplates', () => {
  const shape = (amplitude: number, width: number) =>
    Float64Array.from({ length: 30 }, (_, k) => -amplitude * Math.exp(-(((k - 10) / width) ** 2)))
  const units = [shape(14, 3), shape(10, 1.5), shape(6, 5)]

  function waveformsOf(shapes: readonly Float64Array[], count: number): Float64Array[] {
    const noise = new GaussianNoise(7)
    return Array.from({ length: count }, (_, k) => {
      const waveform = new Float64Array(30)
      noise.fill(waveform)
      return waveform.map((value, i) => value + shapes[k % shapes.length]![i]!)
    })
  }

  test.each([1, 2, 3])('finds out that there are %i units, and their shapes', (count) => {
    const shapes = units.slice(0, count)
    const templates = learnTemplates(waveformsOf(shapes, 300), { units: null, components: 3 })
    expect(templates).toHaveLength(count)
    for (const [k, template] of templates.entries()) {
      for (const [i, value] of template.entries()) expect(Math.abs(value - shapes[k]![i]!)).toBeLessThan(0.6)
    }
  })

  test('gives as many units as are asked for, if there are so many clusters', () => {
    expect(learnTemplates(waveformsOf(units, 300), { units: 2, components: 3 })).toHaveLength(2)
    expect(learnTemplates(waveformsOf(units, 300), { units: 3, components: 3 })).toHaveLength(3)
  })

  test('a few strange waveforms are no unit', () => {
    const waveforms = waveformsOf(units.slice(0, 2), 300)
    for (const k of [17, 101, 250]) waveforms[k] = waveforms[k]!.map((value) => 8 * value)
    expect(learnTemplates(waveforms, { units: null, components: 3 })).toHaveLength(2)
  })
})

describe('WaveformAligner', () => {
  const before = 8
  const after = 12
  const shape = (t: number) => 3 - 20 * Math.exp(-((t / 2.5) ** 2)) + 6 * Math.exp(-(((t - 6) / 3) ** 2))
  const raw = (shift: number) =>
    Float64Array.from({ length: before + after + 2 * ALIGN_MARGIN }, (_, k) => shape(k - before - ALIGN_MARGIN - shift))

  test('peaks between samples come to lie on a sample, in steps of an eighth', () => {
    const aligner = new WaveformAligner(before, after)
    const wanted = aligner.align(raw(0), 'negative')
    for (const [k, value] of wanted.entries()) expect(value).toBeCloseTo(shape(k - before), 10)
    for (const shift of [0.5, -0.5, 0.25, 0.9, -0.9, 0.06]) {
      const aligned = aligner.align(raw(shift), 'negative')
      const error = Math.max(...aligned.map((value, k) => Math.abs(value - wanted[k]!)))
      // An eighth of a sample on the steepest slope, 7 per sample; unaligned waveforms differ by up to 6.
      expect(error).toBeLessThan(0.875)
    }
  })

  test('the sign says which peak counts', () => {
    const aligner = new WaveformAligner(before, after)
    const upwards = raw(0.5).map((value) => -value)
    expect(aligner.align(upwards, 'positive')).toEqual(aligner.align(upwards, 'both'))
    expect(aligner.align(upwards, 'positive').map((value) => -value)).toEqual(aligner.align(raw(0.5), 'negative'))
  })
})

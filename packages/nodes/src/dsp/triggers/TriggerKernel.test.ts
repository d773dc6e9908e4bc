import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TriggerKernel, type TriggerRule } from './TriggerKernel.ts'

interface Case {
  input: 'square' | 'noise'
  debounce_mode: TriggerRule['mode']
  front: TriggerRule['front']
  debounce_time: number
  chunk: number
  n_chunks: number
  threshold?: number
  errors: string[]
  all_events: number[]
  emissions: { input_index: number; index: number; events: number[] }[]
}
const { inputs, cases } = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/dsp_trigger.json', import.meta.url), 'utf8')
) as { inputs: { noise: number[] }; cases: Case[] }
const RATE = 1000

function square(): number[] {
  return Array.from({ length: 5000 }, (_, k) => {
    const t = k / RATE
    const i = Math.floor(t)
    const isHigh = [1, 2, 3, 4].some((start) => start < t && t < start + 0.4)
    const isDip = (i + 0.01 < t && t < i + 0.015) || (i + 0.02 < t && t < i + 0.025)
    return isHigh && !(i === 3 && isDip) ? 2 : 0
  })
}

function take(kernel: TriggerKernel): number[] {
  return Array.from({ length: kernel.found.length }, () => kernel.found.shift())
}

/** A stretch of signal without a gap. */
interface Piece {
  readonly first: number
  readonly values: readonly number[]
}

/** The rules word for word, looking at the whole piece again for each sample. */
function crossings({ first, values }: Piece, { threshold, front, mode, debounce: d }: TriggerRule): number[] {
  const sign = front === '+' ? 1 : -1
  const beyond = (k: number) => (values[k]! - threshold) * sign > 0
  const back = (k: number) => (values[k]! - threshold) * sign < 0
  const none = (from: number, to: number, is: (k: number) => boolean) =>
    from >= 0 && Array.from({ length: to - from }, (_, k) => from + k).every((k) => !is(k))
  const last = values.length - 1
  return values
    .map((_, k) => k)
    .filter((k) => k > 0 && (values[k - 1]! - threshold) * sign <= 0 && beyond(k))
    .filter((k) => mode !== 'after-stable' || (k + d <= last && none(k, k + d, back)))
    .filter((k) => mode !== 'before-stable' || (k + 2 * d <= last && none(k + d, k + 2 * d, back)))
    .filter((k) => mode !== 'before-stable' || none(k - d, k, beyond))
    .map((k) => first + k)
}

function feed(kernel: TriggerKernel, { first, values }: Piece, cuts: readonly number[]): number[] {
  const found: number[] = []
  const ends = [...new Set(cuts.map((cut) => cut % values.length)), values.length].toSorted((a, b) => a - b)
  let from = 0
  for (const to of ends) {
    kernel.process(Float64Array.from(values.slice(from, to)), to - from, first + from)
    found.push(...take(kernel))
    from = to
  }
  return found
}

describe.each(cases.filter(({ errors }) => errors.length === 0))(
  'pyacq: $input, $debounce_mode of $debounce_time s, front $front, chunks of $chunk',
  ({ input, debounce_mode: mode, front, debounce_time, chunk, n_chunks, threshold = 1, all_events, emissions }) => {
    test('each emission agrees', () => {
      const kernel = new TriggerKernel({ threshold, front, mode, debounce: Math.trunc(debounce_time * RATE) })
      const values = Float64Array.from(input === 'square' ? square() : inputs.noise)
      const sent: { input_index: number; index: number; events: number[] }[] = []
      let index = 0
      for (let from = 0; from < n_chunks * chunk; from += chunk) {
        kernel.process(values.subarray(from, from + chunk), chunk, from)
        // pyacq passes over what crosses in its first chunk, and at its last sample.
        const events = take(kernel).filter((position) => position > chunk)
        index += events.length
        if (events.length > 0) sent.push({ input_index: from + chunk, index, events })
      }
      expect(sent).toEqual(emissions)
      expect(sent.flatMap(({ events }) => events)).toEqual(all_events)
    })
  }
)

const rules = fc.record({
  threshold: fc.constantFrom(0, 1, -1),
  front: fc.constantFrom('+' as const, '-' as const),
  mode: fc.constantFrom('no-debounce' as const, 'after-stable' as const, 'before-stable' as const),
  debounce: fc.integer({ min: 1, max: 6 })
})
// Few levels, so that samples often lie on the threshold.
const level = fc.constantFrom(-2, -1, 0, 1, 2, NaN, Infinity)
const pieces = fc.array(
  fc.record({
    gap: fc.integer({ min: 1, max: 9 }),
    values: fc.array(level, { minLength: 1, maxLength: 80 }),
    cuts: fc.array(fc.nat({ max: 79 }), { maxLength: 20 })
  }),
  { minLength: 1, maxLength: 4 }
)

describe('TriggerKernel', () => {
  test('finds what the rules say, however the signal is cut, and nothing across a gap', () => {
    fc.assert(
      fc.property(rules, pieces, (rule, parts) => {
        const kernel = new TriggerKernel(rule)
        let end = 0
        for (const { gap, values, cuts } of parts) {
          const piece = { first: end + gap, values }
          expect(feed(kernel, piece, cuts)).toEqual(crossings(piece, rule))
          end = piece.first + values.length
        }
      }),
      { numRuns: 2000 }
    )
  })

  test('a crossing between the last sample of a chunk and the first of the next is found once', () => {
    const kernel = new TriggerKernel({ threshold: 0, front: '+', mode: 'no-debounce', debounce: 0 })
    expect(feed(kernel, { first: 10, values: [-1, 0, 1, 1] }, [1, 2, 3])).toEqual([12])
  })

  test('the first chunk counts like any other', () => {
    const kernel = new TriggerKernel({ threshold: 0, front: '-', mode: 'no-debounce', debounce: 0 })
    expect(feed(kernel, { first: 0, values: [1, -1, 1, -1] }, [])).toEqual([1, 3])
  })

  test('what breaks off undecided is counted', () => {
    const kernel = new TriggerKernel({ threshold: 0, front: '+', mode: 'after-stable', debounce: 10 })
    expect(feed(kernel, { first: 0, values: [-1, 1, 0, 1, 1] }, [])).toEqual([])
    expect(feed(kernel, { first: 6, values: Array.from({ length: 20 }, () => 1) }, [])).toEqual([])
    expect(kernel.undecided).toBe(2)
  })

  test('thousands of crossings may wait', () => {
    const kernel = new TriggerKernel({ threshold: 0, front: '+', mode: 'after-stable', debounce: 10_000 })
    const values = Array.from({ length: 5000 }, (_, k) => k % 2)
    const held = Array.from({ length: 10_000 }, () => 1)
    expect(feed(kernel, { first: 0, values: [...values, ...held] }, [777])).toHaveLength(2500)
  })

  test('another rule begins afresh', () => {
    const kernel = new TriggerKernel({ threshold: 0, front: '+', mode: 'no-debounce', debounce: 0 })
    kernel.process(Float64Array.of(-1), 1, 0)
    kernel.setRule({ threshold: 0.5, front: '+', mode: 'no-debounce', debounce: 0 })
    kernel.process(Float64Array.of(1, 0, 1), 3, 1)
    expect(take(kernel)).toEqual([3])
  })
})

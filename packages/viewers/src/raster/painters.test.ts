import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ColumnRing } from './ColumnRing.ts'
import { DARK, LIGHT, paletteOf } from './palette.ts'
import type { Scene } from './rasterize.ts'
import { ScrollPainter, type Blit } from './ScrollPainter.ts'
import { NO_SPAN, join } from './Span.ts'
import { MemorySurface } from './Surface.ts'
import { SweepPainter } from './SweepPainter.ts'

type ArbitraryOf<A> = A extends fc.Arbitrary<infer T> ? T : never

const HEIGHT = 60
const CHANNELS = 3

const finite = fc.oneof(fc.integer({ min: -100, max: 100 }), fc.constantFrom(1e30, -1e30, 3e38, 0))
const bucket = fc.array(
  fc.oneof({ weight: 5, arbitrary: fc.tuple(finite, finite) }, { weight: 1, arbitrary: fc.constant(undefined) }),
  {
    minLength: CHANNELS,
    maxLength: CHANNELS
  }
)
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('columns' as const),
      buckets: fc.array(bucket, { minLength: 1, maxLength: 30 })
    })
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('lost' as const), samples: fc.integer({ min: 1, max: 200 }) })
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('mark' as const), colour: fc.integer({ min: 1, max: 9 }) }) }
)
const scene = fc.record({
  isDark: fc.boolean(),
  thickness: fc.constantFrom(1, 1.5, 2),
  gridStep: fc.constantFrom(0, 7, 12.5),
  lanes: fc.array(
    fc.record({
      channel: fc.integer({ min: 0, max: CHANNELS - 1 }),
      centre: fc.double({ min: -20, max: HEIGHT + 20, noNaN: true }),
      scale: fc.constantFrom(0.1, -0.3, 1, 1e20, 0),
      offset: fc.constantFrom(0, 10, -1e6),
      colour: fc.integer({ min: 0, max: 20 })
    }),
    { maxLength: 4 }
  )
})
const story = fc.record({
  scene,
  columns: fc.integer({ min: 4, max: 90 }),
  width: fc.constantFrom(1, 16),
  samplesPerColumn: fc.constantFrom(1, 1.7, 16, 23.5, 31.9, 3),
  start: fc.constantFrom(0, 16_000, 16 * 1e11),
  steps: fc.array(step, { minLength: 1, maxLength: 12 })
})

function sceneOf(value: ArbitraryOf<typeof scene>): Scene {
  const lanes = value.lanes.map((lane) => ({ ...lane, top: lane.centre - 5, bottom: lane.centre + 5 }))
  const { thickness, gridStep, isDark } = value
  return { height: HEIGHT, lanes, palette: paletteOf(isDark ? DARK : LIGHT), thickness, gridStep }
}

/** Plays a story on a ring and tells after each step what has changed. */
function play(
  { columns, width, samplesPerColumn, start, steps }: ArbitraryOf<typeof story>,
  told: (ring: ColumnRing, head: number, changed: { from: number; to: number }) => void
): { ring: ColumnRing; head: number } {
  const ring = new ColumnRing({ channels: CHANNELS, columns, samplesPerColumn })
  const ones = new Float32Array(CHANNELS).fill(1)
  const zeros = new Float32Array(CHANNELS)
  told(ring, ring.columnOf(start), { from: ring.columnOf(start) - columns, to: ring.columnOf(start) })
  let index = start
  let head = ring.columnOf(start)
  for (const step of steps) {
    let changed = NO_SPAN
    if (step.kind === 'columns') {
      const values = step.buckets.flatMap((channels) =>
        channels.flatMap((pair) =>
          pair === undefined ? [Infinity, -Infinity] : [Math.min(...pair), Math.max(...pair)]
        )
      )
      const block = { first: index, width, count: step.buckets.length, values, scale: ones, offset: zeros }
      changed = ring.write(block)
      index += step.buckets.length * width
    } else if (step.kind === 'lost') {
      const next = Math.ceil((index + step.samples) / width) * width
      changed = ring.lose({ from: index, to: next })
      index = next
    } else if (index > start) changed = ring.mark(index - 1, step.colour)
    head = Math.max(head, changed.to)
    told(ring, head, changed)
  }
  return { ring, head }
}

test('a sweep drawn as data comes looks like one drawn at once', () => {
  fc.assert(
    fc.property(story, (told) => {
      const scene = sceneOf(told.scene)
      const surface = new MemorySurface(told.columns, HEIGHT)
      const live = new SweepPainter(surface)
      const { ring, head } = play(told, (ring, head, changed) => live.update(ring, scene, { head, changed }))
      const atOnce = new MemorySurface(told.columns, HEIGHT)
      new SweepPainter(atOnce).redraw(ring, scene, head)
      expect(surface.pixels).toEqual(atOnce.pixels)
    })
  )
})

test('a scroll drawn as data comes looks like one drawn at once', () => {
  fc.assert(
    fc.property(story, (told) => {
      const scene = sceneOf(told.scene)
      const hidden = new MemorySurface(told.columns, HEIGHT)
      const live = new ScrollPainter(hidden)
      let blits: readonly Blit[] = []
      const { ring, head } = play(told, (ring, head, changed) => (blits = live.update(ring, scene, { head, changed })))
      const atOnce = new MemorySurface(told.columns, HEIGHT)
      expect(new ScrollPainter(atOnce).redraw(ring, scene, head)).toEqual(blits)
      expect(hidden.pixels).toEqual(atOnce.pixels)
    })
  )
})

test('the pieces of a scroll cover the picture once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 1e15 }), (width, head) => {
      const hidden = new MemorySurface(width, 1)
      const ring = new ColumnRing({ channels: 1, columns: width, samplesPerColumn: 1 })
      const scene: Scene = { height: 1, lanes: [], palette: paletteOf(DARK), thickness: 1, gridStep: 0 }
      const covered = new ScrollPainter(hidden)
        .redraw(ring, scene, head)
        .flatMap(({ toX, fromX, width: w }) =>
          Array.from({ length: w }, (_, k) => [toX + k, ring.slotOf(head - width + toX + k) - fromX - k])
        )
      expect(covered.toSorted((a, b) => a[0]! - b[0]!)).toEqual(Array.from({ length: width }, (_, k) => [k, 0]))
    })
  )
})

test('the union of spans holds both', () => {
  expect(join(NO_SPAN, { from: 3, to: 4 })).toEqual({ from: 3, to: 4 })
})

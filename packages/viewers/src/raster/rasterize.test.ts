import { expect, test } from 'vitest'
import { ColumnRing } from './ColumnRing.ts'
import { paletteOf } from './palette.ts'
import { rasterize, type Lane, type Scene } from './rasterize.ts'

const palette = paletteOf({
  background: '#000000',
  grid: '#111111',
  lost: '#aa0000',
  head: '#ffffff',
  traces: ['#0000ff', '#00ff00'],
  marks: ['#ffff00']
})
const NAMES = new Map([
  [palette.background, '.'],
  [palette.grid, '|'],
  [palette.lost, '/'],
  [palette.marks[0]!, 'M'],
  [palette.traces[0]![8]!, '#'],
  [palette.traces[1]![8]!, '%']
])
const LANE: Lane = { channel: 0, top: 0, bottom: 8, centre: 4, scale: 1, offset: 0, colour: 0 }

function ringOf(rows: readonly (readonly [number, number])[], first = 0): ColumnRing {
  const ring = new ColumnRing({ channels: 1, columns: 8, samplesPerColumn: 1 })
  ring.write({ first, width: 1, count: rows.length, values: rows.flat(), scale: [1], offset: [0] })
  return ring
}

/** The picture, a text per row; partly covered pixels as digits of their shade. */
function draw(ring: ColumnRing, { from, count }: { from: number; count: number }, more: Partial<Scene> = {}): string[] {
  const scene: Scene = { height: 8, lanes: [LANE], palette, thickness: 1, gridStep: 0, ...more }
  const pixels = new Uint32Array(scene.height * count)
  rasterize(ring, scene, pixels, { from, count })
  const name = (pixel: number) =>
    NAMES.get(pixel) ?? String(palette.traces.map((shades) => shades.indexOf(pixel)).find((k) => k >= 0))
  return Array.from({ length: scene.height }, (_, row) =>
    Array.from(pixels.subarray(row * count, (row + 1) * count), name).join('')
  )
}

test('a column reaches from its highest to its lowest value, and to the column before', () => {
  expect(
    draw(
      ringOf([
        [0, 2],
        [-3, -1],
        [1, 1]
      ]),
      { from: 0, count: 4 }
    )
  ).toEqual(['....', '....', '#...', '#.#.', '.##.', '.#..', '.#..', '....'])
})

test('a flat line is as thick as asked for, and shares pixels where it lies between rows', () => {
  expect(draw(ringOf([[0.5, 0.5]]), { from: 0, count: 1 })).toEqual(['.', '.', '.', '#', '.', '.', '.', '.'])
  expect(draw(ringOf([[0, 0]]), { from: 0, count: 1 })).toEqual(['.', '.', '.', '4', '4', '.', '.', '.'])
})

test('values beyond the picture are cut off, however large', () => {
  expect(draw(ringOf([[-3e38, 3e38]]), { from: 0, count: 1 })).toEqual(['#', '#', '#', '#', '#', '#', '#', '#'])
  expect(draw(ringOf([[1e30, 3e38]]), { from: 0, count: 1 })).toEqual(['.', '.', '.', '.', '.', '.', '.', '.'])
})

test('samples that never came are hatched, what is not there yet is blank', () => {
  const ring = ringOf([
    [0.5, 0.5],
    [Infinity, -Infinity],
    [Infinity, -Infinity]
  ])
  expect(draw(ring, { from: 0, count: 4 })).toEqual(['.//.', './..', '....', '#...', '....', '....', '../.', './/.'])
})

test('a partly lost column shows both', () => {
  const ring = ringOf([[0.5, 0.5]])
  ring.lose({ from: 0, to: 1 })
  expect(draw(ring, { from: 0, count: 1 })).toEqual(['/', '/', '/', '#', '.', '.', '.', '.'])
})

test('marks and grid lines stand behind the traces', () => {
  const ring = ringOf([
    [0.5, 0.5],
    [0.5, 0.5],
    [0.5, 0.5]
  ])
  ring.mark(1, 1)
  expect(draw(ring, { from: 0, count: 3 }, { gridStep: 2, height: 5 })).toEqual(['|M|', '|M|', '|M|', '###', '|M|'])
})

test('the later channel lies above', () => {
  const lanes = [LANE, { ...LANE, colour: 1 }]
  expect(draw(ringOf([[0.5, 0.5]]), { from: 0, count: 1 }, { lanes })[3]).toBe('%')
})

test('slow signals are joined by straight lines, also over several blocks', () => {
  const ring = new ColumnRing({ channels: 1, columns: 16, samplesPerColumn: 0.25 })
  ring.writeSamples({ first: 0, count: 1, values: [0] })
  ring.writeSamples({ first: 1, count: 1, values: [4] })
  const columns = [0, 1, 2, 3].map((column) => [ring.min(0, column), ring.max(0, column)])
  expect(columns).toEqual([
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 4]
  ])
  expect(draw(ring, { from: 0, count: 4 }, { height: 4 })).toEqual(['...#', '..#.', '.#..', '#...'])
})

test('a slow signal with a gap begins anew', () => {
  const ring = new ColumnRing({ channels: 1, columns: 16, samplesPerColumn: 0.5 })
  ring.writeSamples({ first: 0, count: 1, values: [0] })
  ring.writeSamples({ first: 3, count: 1, values: [4] })
  expect([1, 2, 3, 4, 5].map((column) => ring.has(column))).toEqual([false, false, false, false, false])
  expect([ring.min(0, 6), ring.max(0, 6)]).toEqual([4, 4])
})

test('columns wider than pixels fill them, narrower ones are gathered', () => {
  const ring = new ColumnRing({ channels: 1, columns: 16, samplesPerColumn: 2 })
  ring.write({ first: 0, width: 4, count: 1, values: [1, 2], scale: [10], offset: [5] })
  ring.write({ first: 4, width: 1, count: 2, values: [1, 1, 7, 7], scale: [-1], offset: [0] })
  expect(
    [0, 1, 2, 3].map((column) => (ring.has(column) ? [ring.min(0, column), ring.max(0, column)] : 'blank'))
  ).toEqual([[15, 25], [15, 25], [-7, -1], 'blank'])
})

test('old columns do not write over new ones', () => {
  const ring = ringOf([[1, 1]], 100)
  ring.write({ first: 92, width: 1, count: 1, values: [9, 9], scale: [1], offset: [0] })
  expect([ring.has(100), ring.max(0, 100), ring.has(92)]).toEqual([true, 1, false])
})

test('a long gap costs no more than the ring is long', () => {
  const ring = ringOf([[1, 1]])
  expect(ring.lose({ from: 1, to: 1e15 })).toEqual({ from: 1e15 - 8, to: 1e15 })
  expect(ring.isLost(1e15 - 1)).toBe(true)
})

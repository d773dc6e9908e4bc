import { NdArray, parseDType } from '@nodeacq/ndarray'
import type { RecordedStream } from '@nodeacq/nodes'
import { expect, test } from 'vitest'
import { compareStreams } from './compareStreams.ts'

/** A stream of two channels in memory; a gap in front of each row that is named. */
function streamOf(rows: readonly (readonly number[])[], { startIndex = 0, gap = [] as readonly number[] } = {}) {
  const dtype = parseDType('float32')
  const data = NdArray.from(rows, dtype)
  const gaps = gap.map((row) => ({ from: startIndex + row, to: startIndex + row + 5, row, cause: 'device' }))
  return {
    name: 'x',
    dtype,
    sampleShape: [2],
    channelInfo: [{ name: 'Fz' }, { name: 'Cz' }],
    sampleCount: rows.length,
    startIndex,
    gaps,
    read: (from: number, to: number) => Promise.resolve(data.slice(from, to).copy())
  } as unknown as RecordedStream
}

const ROWS = Array.from({ length: 20_000 }, (_, k) => [k, -k])
const changed = (row: number, values: number[]) => ROWS.map((own, k) => (k === row ? values : own))

test('equal streams, also where no number stands for nothing', async () => {
  const with_ = changed(3, [Number.NaN, -3])
  expect(await compareStreams([streamOf(with_)], [streamOf(with_)])).toMatchObject({ samples: 20_000, different: 0 })
  expect(await compareStreams([streamOf(changed(3, [0, -3]))], [streamOf(changed(3, [-0, -3]))])).toMatchObject({
    different: 0,
    first: undefined
  })
})

test('the first difference has its index, channel and both values', async () => {
  const other = changed(17_000, [17_000, 5]).map((own, k) => (k === 19_000 ? [1, 2] : own))
  expect(await compareStreams([streamOf(ROWS, { startIndex: 100 })], [streamOf(other, { startIndex: 100 })])).toEqual({
    samples: 20_000,
    different: 2,
    first: { index: 17_100, channel: 'Cz', recorded: '-17000', recomputed: '5' },
    last: 19_100,
    missing: 0
  })
})

test('samples are compared by index, over gaps and files; what did not come again is counted', async () => {
  const files = [streamOf(ROWS.slice(0, 10)), streamOf(ROWS.slice(10, 30), { startIndex: 10 })]
  expect(await compareStreams(files, [streamOf(ROWS.slice(0, 40))])).toMatchObject({
    samples: 30,
    different: 0,
    missing: 0
  })
  expect(await compareStreams(files, [streamOf(ROWS.slice(4, 25), { startIndex: 4 })])).toMatchObject({
    samples: 21,
    different: 0,
    missing: 9
  })
  const withGap = streamOf(ROWS.slice(0, 20), { gap: [8] })
  const rest = streamOf([...ROWS.slice(0, 8), ...ROWS.slice(0, 5), ...ROWS.slice(8, 20)])
  expect(await compareStreams([withGap], [rest])).toMatchObject({ samples: 20, different: 0, missing: 0 })
})

test('a device that started anew is compared run by run', async () => {
  const runs = [streamOf(ROWS.slice(0, 10)), streamOf(ROWS.slice(0, 7))]
  expect(await compareStreams(runs, runs)).toMatchObject({ samples: 17, different: 0, missing: 0 })
  expect(await compareStreams(runs, [runs[0]!])).toMatchObject({ samples: 10, different: 0, missing: 7 })
})

test('another kind of samples is said, not compared', async () => {
  const wide = { ...streamOf(ROWS), sampleShape: [3] } as RecordedStream
  expect((await compareStreams([streamOf(ROWS)], [wide])).mismatch).toBe(
    'recorded as float32 (2), recomputed as float32 (3)'
  )
})

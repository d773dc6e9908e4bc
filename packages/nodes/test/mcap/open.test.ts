import { open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeEvents, OutputStream, type InputStream } from '@nodeacq/stream'
import { ramp, seededRandom, tempFolder } from 'testing'
import { expect, test } from 'vitest'
import { OpenFile } from '../../src/files/OpenFile.ts'
import { ChunkReader } from '../../src/files/mcap/ChunkReader.ts'
import { indexBySummary } from '../../src/files/mcap/indexBySummary.ts'
import { openSampleFile, Recorder, type SampleFile } from '../../src/index.ts'

const SEED = Number(process.env['NODEACQ_SEED'] ?? 1)
const ROWS = 400_000

/** Two signals with gaps, and events, in some forty chunks. */
async function record(file: string): Promise<void> {
  await using fast = new OutputStream({ dtype: 'int32', shape: [-1, 8], sampleRate: 10_000 })
  await using slow = new OutputStream({ dtype: 'int16', shape: [-1, 2], sampleRate: 100 })
  await using marks = new OutputStream({ streamType: 'event', dtype: makeEvents([]).dtype, shape: [-1] })
  await using recorder = new Recorder({ name: 'disk' })
  await recorder.configure({ file, certificate: false })
  const sources = { fast, slow, marks }
  for (const [name, source] of Object.entries(sources)) {
    await source.configure({ protocol: 'inproc' })
    await (recorder.stream('input', name) as InputStream).connect(source)
  }
  await recorder.initialize()
  for (const source of Object.values(sources)) source.startRun()
  await recorder.start()
  for (let index = 100, k = 0; index < ROWS + 100; k++) {
    const samples = Math.min(500 + ((k * 7919) % 9000), ROWS + 100 - index)
    const gap = k % 9 === 4 ? 250 : 0
    index += gap
    await fast.send(ramp({ from: index, samples, channels: 8, dtype: 'int32' }), index + samples)
    await slow.send(ramp({ from: 5 * k, samples: 5, channels: 2, dtype: 'int16' }), 5 * k + 5)
    if (k % 20 === 3) await marks.send(makeEvents([{ index, value: k, label: `no ${k}` }]))
    index += samples
  }
  for (const source of Object.values(sources)) await source.endRun()
  expect(await recorder.finished()).toBeUndefined()
}

/** All that a reader tells of a recording but its samples. */
async function described({ streams, startTime, ...file }: SampleFile): Promise<object> {
  const told = streams.map(({ name, sampleCount, startIndex, gaps }) => ({ name, sampleCount, startIndex, gaps }))
  return { told, startTime, events: await file.events() }
}

test(`a closed recording is opened by its end, and is what a look at all of it finds (seed ${SEED})`, async () => {
  await using folder = await tempFolder()
  const [closed, cut] = [join(folder.path, 'closed.mcap'), join(folder.path, 'cut.mcap')]
  await record(closed)
  const bytes = await readFile(closed)
  // Without its last byte it is no closed file.
  await writeFile(cut, bytes.subarray(0, -1))
  await using byEnd = await openSampleFile(closed)
  await using byScan = await openSampleFile(cut)
  expect([byEnd.warnings.length, byScan.warnings.length]).toEqual([0, 1])
  const told = await described({ ...byEnd, events: () => byEnd.events() })
  expect(told).toEqual(await described({ ...byScan, events: () => byScan.events() }))
  const [fast] = byEnd.streams
  expect(fast!.gaps.length).toBeGreaterThan(5)
  const random = seededRandom(SEED)
  for (let round = 0; round < 60; round++) {
    const from = Math.floor(random() * fast!.sampleCount)
    const to = Math.min(fast!.sampleCount, from + Math.floor(random() * (round === 0 ? fast!.sampleCount : 20_000)))
    const rows = Buffer.from((await fast!.read(from, to, 'digital')).bytes())
    expect(rows.equals((await byScan.streams[0]!.read(from, to, 'digital')).bytes()), `rows ${from} to ${to}`).toBe(
      true
    )
  }
  const all = new Int32Array((await fast!.read(0, fast!.sampleCount, 'digital')).bytes().buffer)
  const indexes = [...Array(fast!.sampleCount).keys()].map((row) => all[8 * row]! / 8)
  expect(indexes[0]).toBe(fast!.startIndex)
  for (const { row, to } of fast!.gaps.filter(({ row }) => row < fast!.sampleCount)) expect(indexes[row]).toBe(to)
})

test('samples that changed on the disk are never given out, and those beside them are', async () => {
  await using folder = await tempFolder()
  const path = join(folder.path, 'closed.mcap')
  await record(path)
  const file = await OpenFile.open(path)
  const index = await indexBySummary(new ChunkReader(file))
  const { places, gaps } = index!.streams.find(({ channel }) => channel.topic === '/fast/samples')!.extent
  const spans = await Promise.all(Array.from({ length: places.count }, (_, n) => places.indexOf(n)))
  // A gap that cannot be read makes all of the file be looked at.
  const k = spans.findIndex((from, n) => n > 1 && gaps.every(({ to }) => to < from || to >= (spans[n + 1] ?? 0)))
  const place = places.offsetOf(k)
  const [first, next] = [await places.indexOf(k), await places.indexOf(k + 1)]
  await file.close()
  {
    await using handle = await open(path, 'r+')
    await handle.write(Buffer.from([0x55]), 0, 1, place + 20_000)
  }
  await using recording = await openSampleFile(path)
  const [fast] = recording.streams
  const rowOf = (sample: number): number => {
    const before = fast!.gaps.filter(({ from }) => from < sample)
    return sample - fast!.startIndex - before.reduce((sum, { from, to }) => sum + to - from, 0)
  }
  await expect(fast!.read(rowOf(first), rowOf(first) + 1, 'digital')).rejects.toThrow(/nodeacq repair/)
  const [value] = (await fast!.read(rowOf(next), rowOf(next) + 1, 'digital')).toNested() as number[][]
  expect(value![0]).toBe(next * 8)
})

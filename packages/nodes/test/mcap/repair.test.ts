import { copyFile, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { seededRandom, tempFolder } from 'testing'
import { describe, expect, test } from 'vitest'
import { openSampleFile, repairLog, verifyLog } from '../../src/index.ts'
import { RecorderError } from '../../src/files/output/RecorderError.ts'

const FIXTURES = join(import.meta.dirname, '../fixtures/mcap')
const SEED = Number(process.env['NODEACQ_SEED'] ?? 1)
const ROUNDS = process.env['NODEACQ_SOAK'] === '1' ? 2000 : 60

/** Rows with their indexes, as a reader finds them. */
async function rowsOf(path: string): Promise<Map<number, number[]>> {
  await using file = await openSampleFile(path)
  const rows = new Map<number, number[]>()
  const [stream] = file.streams
  if (stream === undefined) return rows
  const values = (await stream.read(0, stream.sampleCount, 'digital')).toNested() as number[][]
  let index = stream.startIndex
  for (const [row, value] of values.entries()) {
    index = stream.gaps.findLast((gap) => gap.row === row)?.to ?? index
    rows.set(index, value)
    index += 1
  }
  return rows
}

describe('a log', () => {
  test('is read as any other recording, with its gaps and events', async () => {
    await using file = await openSampleFile(join(FIXTURES, 'clean.mcap'))
    const [stream] = file.streams
    expect(stream).toMatchObject({ name: 'amp/signals', sampleRate: 1000, sampleCount: 80, startIndex: 0 })
    expect(stream!.gaps).toEqual([{ from: 40, to: 60, row: 40, cause: 'overrun' }])
    expect(stream!.channelInfo).toMatchObject([{ name: 'C3', unit: 'uV', gain: 0.1 }, { name: 'C4' }])
    expect((await stream!.read(38, 42, 'digital')).toNested()).toEqual([38, 39, 60, 61].map((n) => [n, -n]))
    expect((await stream!.read(79, 80, 'physical')).toNested()).toEqual([[99 * 0.1, -99 * 0.1]])
    expect(await file.events()).toEqual([{ index: 70, duration: 0, label: 'stim', value: 1, streamName: 'amp' }])
    expect(file.warnings).toEqual([])
  })

  test('that is whole verifies; one that is damaged is told where', async () => {
    const clean = await verifyLog(join(FIXTURES, 'clean.mcap'))
    expect({ problems: clean.problems, closed: clean.isClosed }).toEqual({ problems: [], closed: true })
    const hole = await verifyLog(join(FIXTURES, 'hole_in_second_chunk.mcap'))
    expect(hole.damage).toMatchObject([{ from: 1902, to: 2429 }])
    expect(hole.streams.get('/amp/signals')!.missing).toMatchObject([{ from: 40, to: 80 }])
  })

  test('is repaired into a new file that verifies and says what is missing; the old one stays as it is', async () => {
    await using folder = await tempFolder()
    const [source, target] = [join(folder.path, 'hole.mcap'), join(folder.path, 'whole.mcap')]
    await copyFile(join(FIXTURES, 'hole_in_second_chunk.mcap'), source)
    const before = await readFile(source)
    const { result, lost } = await repairLog(source, target)
    expect(result.problems).toEqual([])
    expect([...lost]).toEqual([['/amp/signals', 40]])
    expect(result.streams.get('/amp/signals')!.gaps).toEqual([{ from: 40, to: 80, cause: 'damaged' }])
    expect(result.metadata.map(({ name }) => name)).toEqual(['nodeacq.recording', 'nodeacq.repair'])
    expect(result.attachments).toEqual(['graph.yaml'])
    expect((await readFile(source)).equals(before)).toBe(true)
    await expect(repairLog(source, target)).rejects.toThrow(RecorderError)
  })

  test(`cut, doubled and overwritten anywhere, repair gives true samples only, and names the rest (seed ${SEED})`, async () => {
    await using folder = await tempFolder()
    const random = seededRandom(SEED)
    const clean = await readFile(join(FIXTURES, 'clean.mcap'))
    const pick = (n: number) => Math.floor(random() * n)
    for (let round = 0; round < ROUNDS; round++) {
      const at = pick(clean.length)
      const length = 1 + pick(600)
      const end = Math.min(clean.length, at + length)
      const damage = [
        () => clean.subarray(0, at),
        () => Buffer.concat([clean.subarray(0, at), clean.subarray(Math.max(0, at - length))]),
        () => Buffer.concat([clean.subarray(0, at), clean.subarray(at + length)]),
        () => Buffer.from(clean).fill(0, at, end),
        () => Buffer.from(clean).fill(pick(256), at, end)
      ][pick(5)]!
      const [source, target] = [join(folder.path, `${round}.mcap`), join(folder.path, `${round}-whole.mcap`)]
      await writeFile(source, damage())
      const { result } = await repairLog(source, target)
      expect({ round, problems: result.problems }).toEqual({ round, problems: [] })
      const rows = await rowsOf(target)
      for (const [index, row] of rows) expect(row, `round ${round}`).toEqual([index, 0 - index])
      const { first = 0, next = 0, gaps = [] } = result.streams.get('/amp/signals') ?? {}
      const missing = gaps.reduce((sum, { from, to }) => sum + to - from, 0)
      expect(rows.size).toBe(next - first - missing)
      expect((await stat(target)).size).toBeGreaterThan(0)
    }
  })
})

import { copyFile, mkdir, open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { OutputStream, type InputStream } from '@nodeacq/stream'
import { ramp, seededRandom, tempFolder } from 'testing'
import { expect, test } from 'vitest'
import { FileWindow } from '../src/files/mcap/FileWindow.ts'
import { readBlock } from '../src/files/mcap/sampleBlock.ts'
import { scanLog } from '../src/files/mcap/scanLog.ts'
import { OpenFile } from '../src/files/OpenFile.ts'
import { openSampleFile, Recorder, repairLog, verifyLog } from '../src/index.ts'

const FIXTURE = join(import.meta.dirname, '../test/fixtures/mcap/clean.mcap')
const SEED = Number(process.env['NODEACQ_SEED'] ?? 1)
const IS_SOAK = process.env['NODEACQ_SOAK'] === '1'
const ROUNDS = IS_SOAK ? 1000 : 30
/** Bits from one that is changed to the next, and changes from one that is repaired to the next. */
const STRIDE = IS_SOAK ? 1 : 23
const REPAIRED = IS_SOAK ? 10 : 40
const BLOCK = 4096

/** Samples of the first stream by their index, as a reader finds them, and what it says is missing. */
async function rowsOf(path: string): Promise<{ rows: Map<number, number[]>; missing: number; next: number }> {
  await using file = await openSampleFile(path)
  const rows = new Map<number, number[]>()
  const [stream] = file.streams
  if (stream === undefined) return { rows, missing: 0, next: 0 }
  const values = (await stream.read(0, stream.sampleCount, 'digital')).toNested() as number[][]
  let index = stream.startIndex
  for (const [row, value] of values.entries()) {
    index = stream.gaps.findLast((gap) => gap.row === row)?.to ?? index
    rows.set(index, value)
    index += 1
  }
  const missing = stream.gaps.reduce((sum, { from, to }) => sum + to - from, 0)
  return { rows, missing, next: Math.max(index, stream.gaps.at(-1)?.to ?? 0) }
}

/** What is wrong with the repaired file, and with the samples in it. */
async function repairOf(path: string, target: string): Promise<{ problems: readonly string[]; wrong: object[] }> {
  const { result } = await repairLog(path, target)
  const { rows } = await rowsOf(target)
  return { problems: result.problems, wrong: [...rows].filter(([index, row]) => row[0] !== index || row[1] !== -index) }
}

test(`no bit of a file can change without a word, and no other samples come of it (stride ${STRIDE})`, async () => {
  await using folder = await tempFolder()
  const path = join(folder.path, 'flipped.mcap')
  await copyFile(FIXTURE, path)
  const clean = await readFile(path)
  await using file = await open(path, 'r+')
  const repaired: object[] = []
  for (let bit = 0, n = 0; bit < 8 * clean.length; bit += STRIDE, n++) {
    const at = bit >> 3
    const flip = async (value: number) => await file.write(Buffer.of(value), 0, 1, at)
    await flip(clean[at]! ^ (1 << (bit & 7)))
    const { problems } = await verifyLog(path)
    expect({ bit, isNoticed: problems.length > 0 }).toEqual({ bit, isNoticed: true })
    if (n % REPAIRED === 0) repaired.push({ bit, ...(await repairOf(path, join(folder.path, `${bit}.mcap`))) })
    await flip(clean[at]!)
  }
  expect(repaired.length).toBeGreaterThan(10)
  expect(repaired).toEqual(repaired.map((each) => ({ ...each, problems: [], wrong: [] })))
})

/** A recording whose file was synced often while it grew; a ramp of two channels. */
async function record(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'session.mcap')
  await using source = new OutputStream({ dtype: 'int32', shape: [-1, 2], sampleRate: 20_000 })
  await source.configure({ protocol: 'inproc' })
  await using recorder = new Recorder({ name: 'disk' })
  await recorder.configure({ file, certificate: false, sync: 0.05 })
  await (recorder.stream('input', 'x') as InputStream).connect(source)
  await recorder.initialize()
  source.startRun()
  await recorder.start()
  for (let from = 0; from < 40_000; from += 500) {
    await source.send(ramp({ from, samples: 500, channels: 2, dtype: 'int32' }), from + 500)
    await sleep(15)
  }
  await source.endRun()
  expect(await recorder.finished()).toBeUndefined()
  return file
}

interface ChunkPlace {
  /** Behind the chunk's mark. */
  readonly end: number
  /** Bytes that were on the disk when it was written. */
  readonly durable: number
  /** Index behind its last sample; 0 where it has none. */
  readonly next: number
}

async function chunksOf(path: string): Promise<ChunkPlace[]> {
  const file = await OpenFile.open(path)
  const places: ChunkPlace[] = []
  for await (const item of scanLog(new FileWindow(file))) {
    if (item.kind !== 'chunk' || item.mark === undefined) continue
    const blocks = item.messages.map(({ data }) => readBlock(data)).filter((block) => block !== undefined)
    const next = Math.max(0, ...blocks.map(({ index, count }) => index + count))
    places.push({ end: item.mark.offset + 73, durable: item.mark.durable, next })
  }
  await file.close()
  return places
}

test(`after cuts, power cuts, doubled and zeroed blocks, repair gives true samples and names what is missing (seed ${SEED})`, async () => {
  await using folder = await tempFolder()
  const whole = await record(folder.path)
  const clean = await readFile(whole)
  const chunks = await chunksOf(whole)
  expect(chunks.some(({ durable }) => durable > 100_000)).toBe(true)
  const random = seededRandom(SEED)
  const below = (n: number) => Math.floor(random() * n)
  const block = (n = clean.length) => below(Math.ceil(n / BLOCK)) * BLOCK
  const zeroed = (bytes: Buffer, from: number, chance: number): Buffer => {
    const copy = Buffer.from(bytes)
    for (let at = Math.ceil(from / BLOCK) * BLOCK; at < copy.length; at += BLOCK) {
      if (random() < chance) copy.fill(0, at, Math.min(copy.length, at + BLOCK))
    }
    return copy
  }
  /** The file after something happened to it, and up to where its samples must be there. */
  const damages = {
    'power cut': () => {
      const { durable, end } = chunks[below(chunks.length)]!
      const safe = Math.max(0, ...chunks.filter((chunk) => chunk.end <= durable).map(({ next }) => next))
      return { bytes: zeroed(clean.subarray(0, end + below(clean.length - end)), durable, 0.4), safe }
    },
    cut: () => {
      const length = below(clean.length)
      return {
        bytes: clean.subarray(0, length),
        safe: Math.max(0, ...chunks.filter(({ end }) => end <= length).map(({ next }) => next))
      }
    },
    'zeroed block': () => {
      const at = block()
      return { bytes: Buffer.from(clean).fill(0, at, Math.min(clean.length, at + BLOCK)), safe: 0 }
    },
    'doubled block': () => {
      const at = block()
      return { bytes: Buffer.concat([clean.subarray(0, at + BLOCK), clean.subarray(at)]), safe: 0 }
    },
    'block of another place': () => {
      const [at, from] = [block(), block()]
      const bytes = Buffer.from(clean)
      clean.copy(bytes, at, from, from + BLOCK)
      return { bytes, safe: 0 }
    }
  }
  const ends: string[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const name = Object.keys(damages)[round % 5] as keyof typeof damages
    const { bytes, safe } = damages[name]()
    const [source, target] = [join(folder.path, 'damaged.mcap'), join(folder.path, `${round}.mcap`)]
    await writeFile(source, bytes)
    const { source: report, result } = await repairLog(source, target)
    const { rows, missing, next } = await rowsOf(target)
    const wrong = [...rows].filter(([index, row]) => row[0] !== 2 * index || row[1] !== 2 * index + 1)
    const { first = 0 } = result.streams.get('/x/samples') ?? {}
    const start = rows.size === 0 ? 0 : Math.min(...rows.keys())
    const found = {
      problems: result.problems,
      wrong,
      unnamed: next - start - missing - rows.size,
      early: first > 0 && safe > 0
    }
    expect({ round, name, ...found }).toEqual({ round, name, problems: [], wrong: [], unnamed: 0, early: false })
    const lacks = Array.from({ length: safe }, (_, index) => index).filter((index) => !rows.has(index))
    expect({ round, name, lacks }).toEqual({ round, name, lacks: [] })
    // Where its end is whole, the file says up to where it should go, wherever that is now.
    ends.push(report.close === undefined ? 'unknown' : String(result.streams.get('/x/samples')!.next))
  }
  expect(ends.filter((end) => end !== 'unknown').length).toBeGreaterThan(ROUNDS / 5)
  expect(new Set(ends)).toEqual(new Set(['unknown', '40000']))
})

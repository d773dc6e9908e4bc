import { execFileSync } from 'node:child_process'
import { open, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { McapWriter } from '@mcap/core'
import { crc32 } from 'node:zlib'
import { inTurns } from '../rounds.ts'
import { row } from '../rows.ts'
import type { BenchContext, Measured, Part } from '../suite.ts'
import { inFolder } from './folder.ts'
import { chunks, CHUNK_BYTES } from './probe.ts'
import { recordAll } from './recordAll.ts'

const NAME = 'as fast as it goes'
/** Bytes of a write, and of a chunk of the log. */
const PIECE = 1 << 20

export const writerPart: Part = {
  name: 'writer',
  title: 'How fast the log can be written',
  about: `Blocks of four probes (230 KB each) as fast as they are taken: by a \`Recorder\` in the same process as its source, with all
checksums, marks, indexes and a sync every half second; beside it the same blocks by \`FileHandle.writev\` a megabyte at a time with
such syncs and nothing else, by \`McapWriter\` of \`@mcap/core\` with checksums and no sync, and by \`dd\` with a sync at its end. In turns,
into the temporary folder.`,
  seconds: { full: 60, quick: 12 },
  targets: [
    { case: NAME, metric: 'written', peer: '@mcap/core', of: 'ratio', atLeast: 1 },
    { case: NAME, metric: 'written', peer: 'writev', of: 'ratio', atLeast: 0.5 }
  ],
  run: measure
}

async function measure({ quick, step }: BenchContext): Promise<Measured> {
  const bytes = (quick ? 0.5 : 2) * 1e9
  return await inFolder(async (folder) => {
    const rate = (name: string, write: (path: string) => Promise<void>) => async () => {
      step(name)
      const path = join(folder, 'file.mcap')
      const start = performance.now()
      await write(path)
      const seconds = (performance.now() - start) / 1000
      await rm(path)
      await rm(join(folder, 'file.nodeacq.json'), { force: true })
      return bytes / 1e6 / seconds
    }
    const found = await inTurns(
      {
        ours: rate('Recorder', (path) => recordAll(path, bytes)),
        writev: rate('writev', (path) => writePlainly(path, bytes)),
        core: rate('@mcap/core', (path) => writeWithCore(path, bytes)),
        dd: rate('dd', async (path) => writeWithDd(path, bytes))
      },
      { rounds: quick ? 1 : 3 }
    )
    const base = {
      suite: 'record',
      case: NAME,
      metric: 'written',
      unit: 'MB/s',
      value: found.ours,
      better: 'more'
    } as const
    const peers = { writev: found.writev, '@mcap/core': found.core, dd: found.dd }
    return { rows: Object.entries(peers).map(([peer, peerValue]) => row({ ...base, peer, peerValue })) }
  })
}

async function writePlainly(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'wx')
  const data = chunks().map((chunk) => chunk.bytes())
  let synced = performance.now()
  let syncing: Promise<void> | undefined
  let gathered: Uint8Array[] = []
  for (let [at, k] = [0, 0]; at < bytes; k++) {
    gathered.push(data[k % data.length]!)
    if (gathered.length * CHUNK_BYTES < PIECE) continue
    await file.writev(gathered, at)
    at += gathered.length * CHUNK_BYTES
    gathered = []
    if (performance.now() - synced < 500) continue
    await syncing
    synced = performance.now()
    syncing = file.datasync()
  }
  await syncing
  await file.datasync()
  await file.close()
}

/** What `@mcap/core` writes to. */
class CoreFile {
  readonly #file: FileHandle
  #at = 0

  constructor(file: FileHandle) {
    this.#file = file
  }

  async write(bytes: Uint8Array): Promise<void> {
    const { bytesWritten } = await this.#file.write(bytes, 0, bytes.length, this.#at)
    this.#at += bytesWritten
  }

  position(): bigint {
    return BigInt(this.#at)
  }
}

async function writeWithCore(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'wx')
  const writer = new McapWriter({ writable: new CoreFile(file), useChunks: true, chunkSize: PIECE })
  await writer.start({ profile: '', library: 'bench' })
  const schemaId = await writer.registerSchema({ name: 'block', encoding: '', data: new Uint8Array() })
  const ids: number[] = []
  for (let k = 0; k < 4; k++) {
    ids.push(
      await writer.registerChannel({ schemaId, topic: `/probe${k}`, messageEncoding: 'msgpack', metadata: new Map() })
    )
  }
  const data = chunks().map((chunk) => chunk.bytes())
  for (let [at, k] = [0, 0]; at < bytes; k++, at += CHUNK_BYTES) {
    const block = data[k % data.length]!
    const time = BigInt(k) * 2_500_000n
    // The recorder has a checksum of each block too.
    crc32(block)
    await writer.addMessage({ channelId: ids[k % 4]!, sequence: k >> 2, logTime: time, publishTime: time, data: block })
  }
  await writer.end()
  await file.datasync()
  await file.close()
}

function writeWithDd(path: string, bytes: number): void {
  const count = Math.round(bytes / PIECE)
  execFileSync('dd', ['if=/dev/zero', `of=${path}`, `bs=${PIECE}`, `count=${count}`, 'conv=fdatasync'], {
    stdio: 'ignore'
  })
}

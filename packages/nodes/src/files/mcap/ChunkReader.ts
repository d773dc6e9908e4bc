import { RecordingFileError } from '../../errors.ts'
import type { OpenFile } from '../OpenFile.ts'
import { readChunkRecords, type ChunkContent } from './readChunkRecords.ts'
import { CHUNK_HEAD, OPCODE, RECORD_HEAD } from './records.ts'
import { readBlock } from './sampleBlock.ts'

/** Samples `[index, index + count)` of one channel; `at`: of their bytes, in the unpacked records of the chunk. */
export interface PlacedBlock {
  readonly index: number
  readonly count: number
  readonly at: number
  readonly length: number
}

/** Chunks whose bytes are kept: streams are read in turns, and share chunks. */
const KEPT_CHUNKS = 4
/** Chunks of which it is kept where the blocks are. */
const KEPT_PLACES = 4096

/** Where the blocks of a chunk are whose checksum was right. */
export interface ChunkPlaces {
  readonly offset: number
  readonly isPacked: boolean
  readonly blocks: ReadonlyMap<number, readonly PlacedBlock[]>
}

/** Reads chunks of a file by their places. What it gives was proven by the checksum of the chunk. */
export class ChunkReader {
  readonly file: OpenFile
  readonly #chunks = new Map<number, Promise<ChunkContent>>()
  readonly #places = new Map<number, ChunkPlaces>()

  constructor(file: OpenFile) {
    this.file = file
  }

  /** @throws RecordingFileError where the chunk is damaged */
  async read(offset: number): Promise<ChunkContent> {
    const kept = this.#chunks.get(offset)
    if (kept !== undefined) return await kept
    const reading = this.#read(offset)
    keep(this.#chunks, { key: offset, value: reading, limit: KEPT_CHUNKS })
    try {
      return await reading
    } catch (error) {
      this.#chunks.delete(offset)
      throw error
    }
  }

  /** @throws RecordingFileError where the chunk is damaged */
  async places(offset: number): Promise<ChunkPlaces> {
    const known = this.#places.get(offset)
    if (known !== undefined) return known
    const { head, messages } = await this.read(offset)
    const blocks = new Map<number, PlacedBlock[]>()
    for (const { channelId, data, at } of messages) {
      const block = readBlock(data)
      if (block === undefined) continue
      const { index, count, length } = block
      let list = blocks.get(channelId)
      if (list === undefined) blocks.set(channelId, (list = []))
      list.push({ index, count, at: at + data.length - length, length })
    }
    const places = { offset, isPacked: head.compression !== '', blocks }
    keep(this.#places, { key: offset, value: places, limit: KEPT_PLACES })
    return places
  }

  /** Fills `target` from byte `at` of the records of a chunk on. */
  async copy({ offset, isPacked }: ChunkPlaces, target: Uint8Array, at: number): Promise<void> {
    if (isPacked || this.#chunks.has(offset)) {
      target.set((await this.read(offset)).bytes.subarray(at, at + target.length))
    } else await this.file.readInto(target, offset + RECORD_HEAD + CHUNK_HEAD + at)
  }

  async #read(offset: number): Promise<ChunkContent> {
    const head = Buffer.alloc(RECORD_HEAD)
    if (offset + RECORD_HEAD > this.file.size) throw this.#damaged(offset, 'the end of the file')
    await this.file.readInto(head, offset)
    const length = Number(head.readBigUInt64LE(1))
    if (head[0] !== OPCODE.chunk || offset + RECORD_HEAD + length > this.file.size) {
      throw this.#damaged(offset, 'something else')
    }
    const content = await this.file.read(offset + RECORD_HEAD, length)
    const found = readChunkRecords(Buffer.from(content.buffer))
    if (typeof found === 'string') throw this.#damaged(offset, found)
    return found
  }

  #damaged(offset: number, got: string): RecordingFileError {
    const expected = "a whole chunk ('nodeacq repair' makes a recording of what is whole)"
    return new RecordingFileError(this.file.path, { where: `byte ${offset}`, expected, got })
  }
}

/** Adds to a map that forgets what was added first. */
function keep<T>(map: Map<number, T>, { key, value, limit }: { key: number; value: T; limit: number }): void {
  map.set(key, value)
  if (map.size > limit) map.delete(map.keys().next().value!)
}

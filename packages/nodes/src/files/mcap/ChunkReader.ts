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
const SLOTS = 4
/** Chunks of which it is kept where the blocks are. */
const KEPT_PLACES = 4096

/** Where the blocks of a chunk are whose checksum was right. */
export interface ChunkPlaces {
  readonly offset: number
  readonly isPacked: boolean
  readonly blocks: ReadonlyMap<number, readonly PlacedBlock[]>
}

/** Memory for a chunk, used again and again: reading gigabytes makes no garbage. */
interface Slot {
  memory: Buffer
  offset: number
  isLoading: boolean
  content: Promise<ChunkContent> | undefined
}

/** Reads chunks of a file by their places. What it gives was proven by the checksum of the chunk. */
export class ChunkReader {
  readonly file: OpenFile
  /** The one that was used last stands last. */
  readonly #slots: Slot[] = []
  readonly #places = new Map<number, ChunkPlaces>()

  constructor(file: OpenFile) {
    this.file = file
  }

  /** Lets `look` see a chunk, whose memory is its own only until it returns. @throws RecordingFileError where it is damaged */
  async read<T>(offset: number, look: (chunk: ChunkContent) => T): Promise<T> {
    for (;;) {
      const slot = this.#slotOf(offset)
      const content = (await slot.content)!
      // Somebody who waited for it too may have taken its memory for another.
      if (slot.offset === offset) return look(content)
    }
  }

  /** @throws RecordingFileError where the chunk is damaged */
  async places(offset: number): Promise<ChunkPlaces> {
    const known = this.#places.get(offset)
    if (known !== undefined) return known
    const places = await this.read(offset, ({ head, messages }) => {
      const blocks = new Map<number, PlacedBlock[]>()
      for (const { channelId, data, at } of messages) {
        const block = readBlock(data)
        if (block === undefined) continue
        const { index, count, length } = block
        let list = blocks.get(channelId)
        if (list === undefined) blocks.set(channelId, (list = []))
        list.push({ index, count, at: at + data.length - length, length })
      }
      return { offset, isPacked: head.compression !== '', blocks }
    })
    this.#places.set(offset, places)
    if (this.#places.size > KEPT_PLACES) this.#places.delete(this.#places.keys().next().value!)
    return places
  }

  /** Fills `target` from byte `at` of the records of a chunk on. */
  async copy({ offset, isPacked }: ChunkPlaces, target: Uint8Array, at: number): Promise<void> {
    if (isPacked || this.#slots.some((slot) => slot.offset === offset)) {
      await this.read(offset, ({ bytes }) => target.set(bytes.subarray(at, at + target.length)))
    } else await this.file.readInto(target, offset + RECORD_HEAD + CHUNK_HEAD + at)
  }

  #slotOf(offset: number): Slot {
    const known = this.#slots.findIndex((slot) => slot.offset === offset)
    const free = this.#slots.length < SLOTS ? -1 : this.#slots.findIndex(({ isLoading }) => !isLoading)
    const [slot] = known >= 0 ? this.#slots.splice(known, 1) : free >= 0 ? this.#slots.splice(free, 1) : [newSlot()]
    this.#slots.push(slot!)
    if (known < 0) this.#load(slot!, offset)
    return slot!
  }

  #load(slot: Slot, offset: number): void {
    slot.offset = offset
    slot.isLoading = true
    const content = (slot.content = this.#read(slot, offset))
    content.then(
      () => (slot.isLoading = false),
      () => {
        slot.isLoading = false
        slot.offset = -1
      }
    )
  }

  async #read(slot: Slot, offset: number): Promise<ChunkContent> {
    const head = Buffer.alloc(RECORD_HEAD)
    if (offset + RECORD_HEAD > this.file.size) throw this.#damaged(offset, 'the end of the file')
    await this.file.readInto(head, offset)
    const length = Number(head.readBigUInt64LE(1))
    if (head[0] !== OPCODE.chunk || offset + RECORD_HEAD + length > this.file.size) {
      throw this.#damaged(offset, 'something else')
    }
    if (slot.memory.length < length) slot.memory = Buffer.allocUnsafeSlow(roomFor(length))
    const content = slot.memory.subarray(0, length)
    await this.file.readInto(content, offset + RECORD_HEAD)
    const found = readChunkRecords(content)
    if (typeof found === 'string') throw this.#damaged(offset, found)
    return found
  }

  #damaged(offset: number, got: string): RecordingFileError {
    const expected = "a whole chunk ('nodeacq repair' makes a recording of what is whole)"
    return new RecordingFileError(this.file.path, { where: `byte ${offset}`, expected, got })
  }
}

function newSlot(): Slot {
  return { memory: Buffer.alloc(0), offset: -1, isLoading: false, content: undefined }
}

/** So much that a chunk that is a little larger needs no other memory. */
function roomFor(length: number): number {
  return 2 ** Math.ceil(Math.log2(length))
}

import type { ReadonlyNdArray } from '@nodeacq/ndarray'
import { ChunkError, SpecError } from '../errors.ts'
import type { StreamInfo } from '../params.ts'
import { RingLayout } from '../ringLayout.ts'
import { SharedRingReader, SharedRingWriter } from './SharedRing.ts'
import type { DecodedChunk, TransferMode, TransferReceiver, TransferSender } from './TransferMode.ts'
import { MAX_WORD, readUint64, writeUint64 } from './words.ts'

/**
 * Message of transfer mode `sharedmem`: one zmq frame, big-endian.
 *
 *   index  u64   index of the last sample of the chunk, plus one
 *   size   u64   samples in the chunk
 *
 * The samples are already in the ring when this is sent; `shm_id` in the params is the path of its file. Both ends map
 * it as pyacq does, or read and write it as a file. See docs/protocol/shared-memory.md.
 */
export const sharedMem: TransferMode = {
  name: 'sharedmem',
  createSender: (info) => new SharedMemSender(info),
  createReceiver: (info) => new SharedMemReceiver(info)
}

const MESSAGE_SIZE = 16
const SIZE_AT = 8

class SharedMemSender implements TransferSender {
  readonly copies = true
  readonly infoExtras: Partial<StreamInfo>
  readonly #info: StreamInfo
  readonly #ring: SharedRingWriter

  constructor(info: StreamInfo) {
    this.#info = info
    this.#ring = new SharedRingWriter(layoutOf(info))
    this.infoExtras = { shmId: this.#ring.path }
  }

  encode(data: ReadonlyNdArray, index: number): Uint8Array[] {
    const fixed = this.#info.shape[0]!
    if (fixed !== -1 && data.length !== fixed) {
      throw new ChunkError('shape', `chunk: expected ${fixed} samples, as the params say, got ${data.length}`)
    }
    const end = this.#ring.write(data, index)
    const message = new Uint8Array(MESSAGE_SIZE)
    writeUint64(message, 0, end)
    writeUint64(message, SIZE_AT, data.length)
    return [message]
  }

  resetIndex(): void {
    this.#ring.resetIndex()
  }

  close(): void {
    this.#ring.close()
  }
}

class SharedMemReceiver implements TransferReceiver {
  readonly ring: SharedRingReader
  readonly #size: number

  constructor(info: StreamInfo) {
    const layout = layoutOf(info)
    if (info.shmId === undefined) {
      throw new SpecError({ subject: 'sharedmem', key: 'shm_id', expected: 'the path of the file', got: 'nothing' })
    }
    this.#size = layout.size
    this.ring = new SharedRingReader(info.shmId, layout)
  }

  decode(frames: readonly Uint8Array[], wantData = true): DecodedChunk {
    const [message] = frames
    if (frames.length !== 1 || message?.length !== MESSAGE_SIZE) {
      const got = frames.map((frame) => frame.length).join(' + ')
      throw new ChunkError('malformed', `message of a chunk in shared memory: expected 16 bytes, got ${got}`)
    }
    const index = readUint64(message, 0)
    const count = readUint64(message, SIZE_AT)
    if (index > MAX_WORD || count > Math.min(this.#size, index)) {
      const expected = `at most ${this.#size} samples, up to an index of ${MAX_WORD}`
      throw new ChunkError(
        'malformed',
        `message of a chunk in shared memory: expected ${expected}, got ${count}, ${index}`
      )
    }
    return { index, count, data: wantData ? this.ring.read(index - count, index) : null }
  }

  close(): void {
    this.ring.close()
  }
}

function layoutOf(info: StreamInfo): RingLayout {
  if (info.bufferSize < 1) {
    const expected = 'the length of the ring in samples, above 0'
    throw new SpecError({ subject: 'sharedmem', key: 'buffer_size', expected, got: String(info.bufferSize) })
  }
  const { dtype, double, axisOrder, fill } = info
  return new RingLayout([info.bufferSize, ...info.shape.slice(1)], dtype, { double, axisOrder, fill })
}

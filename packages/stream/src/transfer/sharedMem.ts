import type { ReadonlyNdArray } from '@nodeacq/ndarray'
import { ChunkError, SpecError } from '../errors.ts'
import type { StreamInfo } from '../params.ts'
import { RingLayout } from '../ringLayout.ts'
import { openControlFile } from '../shm/controlFile.ts'
import { chunkMessage, readChunkMessage } from './chunkMessage.ts'
import { DirectoryReader } from './DirectoryReader.ts'
import { DirectoryWriter } from './DirectoryWriter.ts'
import { RingChunks } from './RingChunks.ts'
import { SharedRingReader, SharedRingWriter } from './SharedRing.ts'
import type { DecodedChunk, TransferMode, TransferReceiver, TransferSender } from './TransferMode.ts'

/** Name of the control file under `nodeacq` in the params. */
const CONTROL = 'control'

/**
 * Transfer mode `sharedmem`: the samples are in a ring that both ends have mapped, as pyacq does, or read and write as a
 * file; `shm_id` in the params is the path of its file. A chunk is told by a message of 16 bytes, or, from one of our
 * own processes to another, by the directory in the control file beside the ring, whose path is `nodeacq.control`. See
 * docs/protocol/shared-memory.md.
 */
export const sharedMem: TransferMode = {
  name: 'sharedmem',
  createSender: (info) => new SharedMemSender(info),
  createReceiver: (info) => new SharedMemReceiver(info)
}

class SharedMemSender implements TransferSender {
  readonly copies = true
  readonly infoExtras: Partial<StreamInfo>
  readonly directory: DirectoryWriter | undefined
  readonly #fixed: number
  readonly #ring: SharedRingWriter

  constructor(info: StreamInfo) {
    const layout = layoutOf(info)
    this.#fixed = info.shape[0]!
    this.directory = DirectoryWriter.create(layout.size, layout.bytesOf(1))
    try {
      this.#ring = new SharedRingWriter(layout, this.directory)
    } catch (error) {
      this.directory?.close()
      throw error
    }
    const { directory } = this
    this.infoExtras = { shmId: this.#ring.path, nodeacq: directory ? { [CONTROL]: directory.path } : {} }
  }

  store(data: ReadonlyNdArray, index: number): void {
    if (this.#fixed !== -1 && data.length !== this.#fixed) {
      throw new ChunkError('shape', `chunk: expected ${this.#fixed} samples, as the params say, got ${data.length}`)
    }
    this.#ring.write(data, index)
  }

  encode(data: ReadonlyNdArray, index: number): Uint8Array[] {
    this.store(data, index)
    return [chunkMessage(index, data.length)]
  }

  resetIndex(keepFrom?: number): void {
    this.#ring.resetIndex(keepFrom)
  }

  close(): void {
    this.#ring.close()
    this.directory?.close()
  }
}

class SharedMemReceiver implements TransferReceiver {
  readonly ring: SharedRingReader
  readonly chunks: RingChunks | undefined
  readonly #size: number

  constructor(info: StreamInfo) {
    const layout = layoutOf(info)
    if (info.shmId === undefined) {
      throw new SpecError({ subject: 'sharedmem', key: 'shm_id', expected: 'the path of the file', got: 'nothing' })
    }
    this.#size = layout.size
    this.ring = new SharedRingReader(info.shmId, layout)
    try {
      this.chunks = openChunks(info, this.ring, layout.bytesOf(1))
    } catch (error) {
      this.ring.close()
      throw error
    }
  }

  decode(frames: readonly Uint8Array[], wantData = true): DecodedChunk {
    const { index, count } = readChunkMessage(frames, this.#size)
    return { index, count, data: wantData ? this.ring.read(index - count, index) : null }
  }

  close(): void {
    this.ring.close()
    this.chunks?.directory.close()
  }
}

/** Path of the control file beside the ring of a source that has one. */
export function controlOf({ nodeacq }: StreamInfo): string | undefined {
  const path = nodeacq?.[CONTROL]
  return typeof path === 'string' ? path : undefined
}

/** Undefined where chunks are told by messages: pyacq's outputs, and where memory is not shared as we need it. */
function openChunks(info: StreamInfo, ring: SharedRingReader, sampleBytes: number): RingChunks | undefined {
  const path = controlOf(info)
  if (path === undefined || !ring.isMapped) return undefined
  const control = openControlFile(path, ring.size)
  return control && new RingChunks(new DirectoryReader(control, sampleBytes), ring)
}

function layoutOf(info: StreamInfo): RingLayout {
  if (info.bufferSize < 1) {
    const expected = 'the length of the ring in samples, above 0'
    throw new SpecError({ subject: 'sharedmem', key: 'buffer_size', expected, got: String(info.bufferSize) })
  }
  if (info.shape.slice(1).some((length) => length < 1)) {
    const expected = 'known lengths of all axes but the first'
    throw new SpecError({ subject: 'sharedmem', key: 'shape', expected, got: `(${info.shape.join(', ')})` })
  }
  const { dtype, double, axisOrder, fill } = info
  return new RingLayout([info.bufferSize, ...info.shape.slice(1)], dtype, { double, axisOrder, fill })
}

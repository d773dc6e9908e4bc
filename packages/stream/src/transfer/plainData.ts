import { NdArray, parseDType, type DType, type ReadonlyNdArray } from '@nodeacq/ndarray'
import { compress, decompress, type Compression } from '../compression.ts'
import { ChunkError } from '../errors.ts'
import type { StreamInfo } from '../params.ts'
import type { DecodedChunk, TransferMode, TransferReceiver, TransferSender } from './TransferMode.ts'
import { MAX_WORD, readInt64, readUint64, writeInt64, writeUint64 } from './words.ts'

/**
 * Message of transfer mode `plaindata`: two zmq frames. The first is the header, big-endian words of 8 bytes:
 *
 *   ndim     u64
 *   index    u64           index of the last sample of the chunk, plus one
 *   offset   u64           byte in the second frame where element (0, …, 0) begins
 *   shape    u64 × ndim
 *   strides  i64 × ndim    in bytes; negative where the axis runs backwards
 *
 * The second holds the items, product(shape) × item size bytes, in the byte order of the dtype. Neither dtype nor
 * compression is in the message, both are in the params. With compression the second frame is a c-blosc container, and
 * the header describes what is in it.
 *
 * An array that fills a block of memory without holes goes out as it lies, in any order and direction of its axes;
 * others are copied compactly first. Ported from pyacq/core/stream/plaindatastream.py and arraytools.py: the bytes are
 * the same. See docs/protocol/stream.md.
 */
export const plainData: TransferMode = {
  name: 'plaindata',
  createSender: (info) => new PlainDataSender(info),
  createReceiver: (info) => new PlainDataReceiver(info)
}

const INDEX_AT = 8
const OFFSET_AT = 16
const SHAPE_AT = 24
/** numpy's limit. */
const MAX_AXES = 32

/** Length of the header of an array with `ndim` axes. */
function headerSize(ndim: number): number {
  return SHAPE_AT + 16 * ndim
}

class PlainDataSender implements TransferSender {
  readonly copies: boolean
  readonly infoExtras = {}
  readonly #compression: Compression
  /** Layout of the chunk before, and all of its header but the index. */
  #layout: MemoryLayout | undefined
  #header: Uint8Array = new Uint8Array(0)

  constructor(info: StreamInfo) {
    this.#compression = info.compression as Compression
    this.copies = this.#compression !== ''
  }

  encode(data: ReadonlyNdArray, index: number): Uint8Array[] | Promise<Uint8Array[]> {
    if (data.ndim === 0) throw new ChunkError('shape', 'chunk: expected at least the time axis, got a single value')
    if (!Number.isSafeInteger(index) || index < 0) {
      throw new ChunkError('index', `chunk: expected an index from 0 to ${MAX_WORD}, got ${index}`)
    }
    const layout = this.#layoutOf(data)
    const block = layout.isBlock ? blockOf(data, layout) : copyCompactly(data, layout.order)
    // A fresh header each time: the message may wait in a queue while the next one is made.
    const header = Buffer.from(this.#header)
    writeUint64(header, INDEX_AT, index)
    if (this.#compression === '') return [header, block]
    // A copy, because compressing goes on after this returns and the caller may use the array again.
    return compress(layout.isBlock ? block.slice() : block, this.#compression).then((frame) => [header, frame])
  }

  resetIndex(): void {}

  close(): void {}

  #layoutOf(data: ReadonlyNdArray): MemoryLayout {
    const known = this.#layout
    if (known && isSame(known.shape, data.shape) && isSame(known.strides, data.strides)) {
      if (known.itemSize === data.dtype.itemSize) return known
    }
    const layout = describeMemory(data)
    this.#layout = layout
    this.#header = encodeHeader(layout)
    return layout
  }
}

class PlainDataReceiver implements TransferReceiver {
  readonly ring = undefined
  readonly #dtype: DType
  readonly #compression: Compression
  /** The header before, and what it said. Chunks of one stream mostly look alike. */
  #header = Buffer.alloc(0)
  #layout: SentLayout | undefined

  constructor(info: StreamInfo) {
    this.#dtype = parseDType(info.dtype)
    this.#compression = info.compression as Compression
  }

  decode(frames: readonly Uint8Array[], wantData = true): DecodedChunk | Promise<DecodedChunk> {
    const [header, block] = frames
    if (frames.length !== 2 || !header || !block) {
      throw new ChunkError('malformed', `message of a chunk: expected 2 frames, got ${frames.length}`)
    }
    const layout = this.#layoutOf(header)
    const index = readUint64(header, INDEX_AT)
    if (index > MAX_WORD) throw malformed(`an index up to ${MAX_WORD}`, String(index))
    const count = layout.shape[0]!
    if (!wantData) return { index, count, data: null }
    if (this.#compression === '') return { index, count, data: this.#view(block, layout), memory: memoryOf(block) }
    return decompress(block, layout.byteLength).then((bytes) => ({ index, count, data: this.#view(bytes, layout) }))
  }

  close(): void {}

  #view(bytes: Uint8Array, layout: SentLayout): NdArray {
    if (bytes.length !== layout.byteLength) throw malformed(`${layout.byteLength} bytes`, String(bytes.length))
    const { shape, strides, offset } = layout
    return NdArray.fromBuffer(bytes, { dtype: this.#dtype, shape, strides, offset })
  }

  #layoutOf(header: Uint8Array): SentLayout {
    const known = this.#layout
    if (known && header.length === this.#header.length) {
      const sameCount = this.#header.compare(header, 0, INDEX_AT, 0, INDEX_AT) === 0
      if (sameCount && this.#header.compare(header, OFFSET_AT, header.length, OFFSET_AT) === 0) return known
    }
    const layout = decodeHeader(header, this.#dtype.itemSize)
    this.#layout = layout
    this.#header = Buffer.from(header)
    return layout
  }
}

/** Bytes below which freeing memory by hand costs more than it saves. */
const SMALL = 2048

/** The memory of a frame that has it for itself, unless it is small. */
function memoryOf({ buffer, byteLength }: Uint8Array): ArrayBuffer | undefined {
  if (byteLength < SMALL || byteLength !== buffer.byteLength) return undefined
  return buffer instanceof ArrayBuffer ? buffer : undefined
}

/** How an array lies in memory. */
interface MemoryLayout {
  itemSize: number
  shape: readonly number[]
  strides: readonly number[]
  /** Axes, slowest in memory first. */
  order: readonly number[]
  /** True when the items fill a block of memory without holes. */
  isBlock: boolean
}

/** pyacq's `is_contiguous`: it takes an axis of length 1 at its stride, so it copies more often than it must. */
function describeMemory(data: ReadonlyNdArray): MemoryLayout {
  const { shape, strides, dtype } = data
  const fastestFirst = shape.map((_, axis) => axis).sort((a, b) => Math.abs(strides[a]!) - Math.abs(strides[b]!))
  const order = fastestFirst.toReversed()
  let step = dtype.itemSize
  let isBlock = true
  for (const axis of fastestFirst) {
    const stride = Math.abs(strides[axis]!)
    if (stride !== step) isBlock = false
    step = stride * shape[axis]!
  }
  return { itemSize: dtype.itemSize, shape: [...shape], strides: [...strides], order, isBlock }
}

/** The header that goes with a layout, index 0. */
function encodeHeader(layout: MemoryLayout): Uint8Array {
  const { shape, order, isBlock } = layout
  const strides = isBlock ? layout.strides : compactStrides(layout, order)
  const header = new Uint8Array(headerSize(shape.length))
  writeUint64(header, 0, shape.length)
  writeUint64(header, OFFSET_AT, backwardBytes(shape, strides))
  for (const [axis, length] of shape.entries()) {
    writeUint64(header, SHAPE_AT + 8 * axis, length)
    writeInt64(header, SHAPE_AT + 8 * (shape.length + axis), strides[axis]!)
  }
  return header
}

/** Strides of the compact copy: same order and direction of the axes. Those of an empty array are 0, as numpy has them. */
function compactStrides({ itemSize, shape, strides }: MemoryLayout, order: readonly number[]): number[] {
  const compact = shape.map(() => 0)
  if (shape.includes(0)) return compact
  let step = itemSize
  for (const axis of order.toReversed()) {
    compact[axis] = strides[axis]! < 0 ? -step : step
    step *= shape[axis]!
  }
  return compact
}

/** Bytes from the lowest item to item (0, …, 0). */
function backwardBytes(shape: readonly number[], strides: readonly number[]): number {
  if (shape.includes(0)) return 0
  return strides.reduce((total, stride, axis) => total + (stride < 0 ? -stride * (shape[axis]! - 1) : 0), 0)
}

/** The block of memory that the items fill. No copy. */
function blockOf(data: ReadonlyNdArray, { shape, strides }: MemoryLayout): Uint8Array {
  if (data.size === 0) return new Uint8Array(0)
  return new Uint8Array(data.buffer, data.byteOffset - backwardBytes(shape, strides), data.byteLength)
}

/** The items without holes, axes in the order and direction that they have in memory. */
function copyCompactly(data: ReadonlyNdArray, order: readonly number[]): Uint8Array {
  if (data.size === 0) return new Uint8Array(0)
  let forward = data
  for (const [axis, stride] of data.strides.entries()) {
    if (stride < 0) forward = forward.flip(axis)
  }
  return forward.transpose(order).copy().bytes()
}

/** What a header says, checked: every item lies within `byteLength` bytes. */
interface SentLayout {
  offset: number
  shape: readonly number[]
  strides: readonly number[]
  byteLength: number
}

function decodeHeader(header: Uint8Array, itemSize: number): SentLayout {
  if (header.length < headerSize(0)) throw malformed('a header', `${header.length} bytes`)
  const ndim = readUint64(header, 0)
  if (ndim < 1 || ndim > MAX_AXES) throw malformed(`1 to ${MAX_AXES} axes`, String(ndim))
  if (header.length !== headerSize(ndim)) throw malformed(`${headerSize(ndim)} bytes of header`, String(header.length))
  const offset = readUint64(header, OFFSET_AT)
  const shape: number[] = []
  const strides: number[] = []
  for (let axis = 0; axis < ndim; axis++) {
    shape.push(readUint64(header, SHAPE_AT + 8 * axis))
    strides.push(readInt64(header, SHAPE_AT + 8 * (ndim + axis)))
  }
  const byteLength = shape.reduce((total, length) => total * length, itemSize)
  if (!Number.isSafeInteger(byteLength) || shape.some((length) => length > MAX_WORD)) {
    throw malformed('a shape that fits in memory', shape.join(' × '))
  }
  requireInside({ offset, shape, strides, byteLength }, itemSize)
  return { offset, shape, strides, byteLength }
}

function requireInside({ offset, shape, strides, byteLength }: SentLayout, itemSize: number): void {
  if (byteLength === 0) {
    if (offset !== 0) throw malformed('offset 0 of an empty chunk', String(offset))
    return
  }
  let lowest = offset
  let highest = offset
  for (const [axis, length] of shape.entries()) {
    const reach = strides[axis]! * (length - 1)
    if (reach < 0) lowest += reach
    else highest += reach
  }
  if (!(lowest >= 0 && highest + itemSize <= byteLength)) {
    const got = `offset ${offset}, shape (${shape.join(', ')}), strides (${strides.join(', ')})`
    throw malformed(`items within ${byteLength} bytes`, got)
  }
}

function malformed(expected: string, got: string): ChunkError {
  return new ChunkError('malformed', `message of a chunk: expected ${expected}, got ${got}`)
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return false
  return true
}

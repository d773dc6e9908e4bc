import type { DType } from './DType.ts'
import type { Layout } from './layout.ts'
import { sizeOf } from './layout.ts'

/** From how many bytes a run is worth one `set()` instead of a loop. */
const LONG_RUN = 256

interface Axis {
  length: number
  source: number
  target: number
}

interface Block {
  readonly axes: readonly Axis[]
  /** Bytes that lie together in both layouts. */
  readonly bytes: number
}

/**
 * Copies the items of one layout to another of the same shape and item size, byte for byte. The two must not overlap.
 * Axes that lie alike in both are merged first, so that dense arrays take one `set()`; the rest is a loop over 4-, 2- or
 * 1-byte words without allocation per item.
 */
export function stridedCopy(source: Layout, target: Layout): void {
  if (source.shape.includes(0) || source.dtype.itemSize === 0) return
  const block = mergeAxes(source, target)
  if (block.axes.length === 0 || block.bytes >= LONG_RUN) copyRuns(source, target, block)
  else copyWords(source, target, block)
}

function mergeAxes(source: Layout, target: Layout): Block {
  const axes = source.shape
    .map((length, axis): Axis => ({ length, source: source.strides[axis]!, target: target.strides[axis]! }))
    .filter((axis) => axis.length > 1)
    .sort((a, b) => Math.abs(b.target) - Math.abs(a.target))
  let bytes = source.dtype.itemSize
  const merged: Axis[] = []
  for (const axis of axes) {
    const outer = merged.at(-1)
    if (outer?.source === axis.source * axis.length && outer.target === axis.target * axis.length) {
      merged[merged.length - 1] = { ...axis, length: outer.length * axis.length }
    } else merged.push(axis)
  }
  const inner = merged.at(-1)
  if (inner?.source === bytes && inner.target === bytes) {
    bytes *= inner.length
    merged.pop()
  }
  return { axes: merged, bytes }
}

function copyRuns(source: Layout, target: Layout, { axes, bytes }: Block): void {
  const from = new Uint8Array(source.buffer)
  const to = new Uint8Array(target.buffer)
  const copy = (depth: number, read: number, write: number): void => {
    const axis = axes[depth]
    if (!axis) to.set(from.subarray(read, read + bytes), write)
    else for (let i = 0; i < axis.length; i++) copy(depth + 1, read + i * axis.source, write + i * axis.target)
  }
  copy(0, source.byteOffset, target.byteOffset)
}

function copyWords(source: Layout, target: Layout, { axes, bytes }: Block): void {
  const size = wordSize([bytes, source.byteOffset, target.byteOffset, ...axes.flatMap((a) => [a.source, a.target])])
  const from = wordsOver(source.buffer, size)
  const to = wordsOver(target.buffer, size)
  const steps = axes.map((a): Axis => ({ length: a.length, source: a.source / size, target: a.target / size }))
  const words = bytes / size
  const last = steps.length - 1
  const copyInner = words === 1 ? copySingles : words === 2 ? copyPairs : copyGroups

  const copy = (depth: number, read: number, write: number): void => {
    const axis = steps[depth]!
    if (depth === last) copyInner(from, to, { read, write, axis, words })
    else for (let i = 0; i < axis.length; i++) copy(depth + 1, read + i * axis.source, write + i * axis.target)
  }
  copy(0, source.byteOffset / size, target.byteOffset / size)
}

type Words = Uint8Array | Uint16Array | Uint32Array

/** All whole words of a buffer; a shorter tail holds no word of ours. */
function wordsOver(buffer: ArrayBufferLike, size: 1 | 2 | 4): Words {
  const length = Math.floor(buffer.byteLength / size)
  if (size === 4) return new Uint32Array(buffer, 0, length)
  return size === 2 ? new Uint16Array(buffer, 0, length) : new Uint8Array(buffer)
}

interface Inner {
  read: number
  write: number
  axis: Axis
  words: number
}

function copySingles(from: Words, to: Words, { read, write, axis }: Inner): void {
  const { length, source, target } = axis
  for (let i = 0, r = read, w = write; i < length; i++, r += source, w += target) to[w] = from[r]!
}

function copyPairs(from: Words, to: Words, { read, write, axis }: Inner): void {
  const { length, source, target } = axis
  for (let i = 0, r = read, w = write; i < length; i++, r += source, w += target) {
    to[w] = from[r]!
    to[w + 1] = from[r + 1]!
  }
}

function copyGroups(from: Words, to: Words, { read, write, axis, words }: Inner): void {
  const { length, source, target } = axis
  for (let i = 0, r = read, w = write; i < length; i++, r += source, w += target) {
    for (let k = 0; k < words; k++) to[w + k] = from[r + k]!
  }
}

function wordSize(distances: readonly number[]): 1 | 2 | 4 {
  if (distances.every((distance) => distance % 4 === 0)) return 4
  return distances.every((distance) => distance % 2 === 0) ? 2 : 1
}

/** Reverses, in place, the bytes of every number in dense items whose order is not this machine's. */
export function swapForeignBytes(dtype: DType, items: Uint8Array): void {
  for (const { offset, size, count } of foreignNumbers(dtype, 0)) {
    for (let item = offset; item < items.length; item += dtype.itemSize) {
      for (let at = item; at < item + count * size; at += size) reverse(items, at, at + size - 1)
    }
  }
}

/** Numbers that lie together in an item. */
interface Numbers {
  readonly offset: number
  readonly size: number
  readonly count: number
}

function foreignNumbers(dtype: DType, start: number): Numbers[] {
  if (dtype.isNative) return []
  if (!dtype.fields) {
    const size = dtype.kind === 'U' ? 4 : dtype.kind === 'c' ? dtype.itemSize / 2 : dtype.itemSize
    return [{ offset: start, size, count: dtype.itemSize / size }]
  }
  return dtype.fields.flatMap(({ dtype: type, offset, shape }) => {
    const items = sizeOf(shape)
    const [first, ...more] = foreignNumbers(type, start + offset)
    if (first && more.length === 0 && first.size * first.count === type.itemSize) {
      return [{ ...first, count: first.count * items }]
    }
    return Array.from({ length: items }, (_, i) => foreignNumbers(type, start + offset + i * type.itemSize)).flat()
  })
}

function reverse(bytes: Uint8Array, first: number, last: number): void {
  for (let low = first, high = last; low < high; low++, high--) {
    const byte = bytes[low]!
    bytes[low] = bytes[high]!
    bytes[high] = byte
  }
}

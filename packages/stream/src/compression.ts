import { ChunkError } from './errors.ts'

/** Values of the parameter `compression`: none, and c-blosc with its inner codecs. pyacq has the first two of blosc. */
export const COMPRESSIONS = [
  '',
  'blosc-blosclz',
  'blosc-lz4',
  'blosc-lz4hc',
  'blosc-zlib',
  'blosc-zstd',
  'blosc-snappy'
] as const
export type Compression = (typeof COMPRESSIONS)[number]

/** As pyacq compresses: level 9, bytes of the items shuffled. */
const LEVEL = 9
const BYTE_SHUFFLE = 1

/**
 * A c-blosc 1 container, little-endian. numcodecs gives wrong bytes without a word for a broken one, so its structure is
 * walked before; only the codec's own bytes within a piece are taken on trust.
 *
 *   0   u8   version       8   u32  bytes of a block, b          16  i32 × blocks  where each block begins
 *   1   u8   codec's own  12   u32  bytes of all of this              (content size / b, rounded up)
 *   2   u8   flags                                               block: 1 piece, or typesize pieces; a piece is
 *   3   u8   typesize      when the flag STORED is set, the           i32  its size, then that many bytes
 *   4   u32  content       content follows as it is
 */
const HEADER_SIZE = 16
const CONTENT_SIZE_AT = 4
const BLOCK_SIZE_AT = 8
const CONTAINER_SIZE_AT = 12
const STORED = 0x02
const NOT_SPLIT = 0x10
const MAX_SPLITS = 16
const MIN_SPLIT_ITEMS = 128

type Blosc = Awaited<typeof import('numcodecs/blosc')>['default']
let loading: Promise<Blosc> | undefined

/** The codec is 1 MB of wasm, so it is loaded when a stream first needs it. */
function loadBlosc(): Promise<Blosc> {
  loading ??= import('numcodecs/blosc').then((module) => module.default)
  return loading
}

/** Makes a c-blosc container. Every c-blosc reads it; the typesize in it is always 4, whatever the dtype. */
export async function compress(bytes: Uint8Array, method: Compression): Promise<Uint8Array> {
  const codec = await loadBlosc()
  const cname = method.slice('blosc-'.length)
  return codec.fromConfig({ id: 'blosc', clevel: LEVEL, shuffle: BYTE_SHUFFLE, cname }).encode(bytes)
}

/**
 * The content of a c-blosc container, which must be `expectedSize` bytes. The container itself says its inner codec.
 * @throws {ChunkError}
 */
export async function decompress(container: Uint8Array, expectedSize: number): Promise<Uint8Array> {
  const refuse = (what: string, cause?: unknown): never => {
    throw new ChunkError('malformed', `compressed chunk: ${what}`, cause)
  }
  if (container.length < HEADER_SIZE) refuse(`expected at least ${HEADER_SIZE} bytes, got ${container.length}`)
  const view = new DataView(container.buffer, container.byteOffset, container.length)
  const contentSize = view.getUint32(CONTENT_SIZE_AT, true)
  const containerSize = view.getUint32(CONTAINER_SIZE_AT, true)
  if (containerSize !== container.length) {
    refuse(`expected ${containerSize} bytes of container, got ${container.length}`)
  }
  if (contentSize !== expectedSize) refuse(`expected ${expectedSize} bytes of content, got ${contentSize}`)
  if (!isIntact(view)) refuse('its blocks do not fit together')
  const codec = await loadBlosc()
  let content: Uint8Array
  try {
    content = await codec.fromConfig({ id: 'blosc' }).decode(container)
  } catch (error) {
    return refuse('the codec fails', error)
  }
  return content.length === expectedSize ? content : refuse(`expected ${expectedSize} bytes, got ${content.length}`)
}

function isIntact(container: DataView): boolean {
  const flags = container.getUint8(2)
  const typeSize = container.getUint8(3)
  const contentSize = container.getUint32(CONTENT_SIZE_AT, true)
  const blockSize = container.getUint32(BLOCK_SIZE_AT, true)
  if (flags & STORED) return container.byteLength === HEADER_SIZE + contentSize
  if (contentSize === 0) return true
  if (blockSize === 0 || typeSize === 0) return false
  const blockCount = Math.ceil(contentSize / blockSize)
  const starts = HEADER_SIZE + 4 * blockCount
  if (starts > container.byteLength) return false
  for (let block = 0; block < blockCount; block++) {
    const length = Math.min(blockSize, contentSize - block * blockSize)
    const isSplit = !(flags & NOT_SPLIT) && typeSize <= MAX_SPLITS && blockSize / typeSize >= MIN_SPLIT_ITEMS
    const pieces = isSplit && length === blockSize ? typeSize : 1
    let at = container.getInt32(HEADER_SIZE + 4 * block, true)
    for (let piece = 0; piece < pieces; piece++) {
      if (at < starts || at + 4 > container.byteLength) return false
      const size = container.getInt32(at, true)
      at += 4 + size
      if (size < 0 || at > container.byteLength) return false
    }
  }
  return true
}

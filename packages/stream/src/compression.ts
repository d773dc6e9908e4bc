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
 * Header of a c-blosc 1 container, little-endian:
 *
 *   0  u8   version      4  u32  bytes of the content
 *   1  u8   codec's own  8  u32  bytes of a block
 *   2  u8   flags       12  u32  bytes of the container, this header included
 *   3  u8   typesize
 */
const HEADER_SIZE = 16
const CONTENT_SIZE_AT = 4
const CONTAINER_SIZE_AT = 12

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
  const codec = await loadBlosc()
  let content: Uint8Array
  try {
    content = await codec.fromConfig({ id: 'blosc' }).decode(container)
  } catch (error) {
    return refuse('its blocks are no blosc data', error)
  }
  return content.length === expectedSize ? content : refuse(`expected ${expectedSize} bytes, got ${content.length}`)
}

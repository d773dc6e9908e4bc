import { inflateSync } from 'node:zlib'

/** A picture as pixels, bytes R, G, B, A in memory. */
export interface Png {
  readonly width: number
  readonly height: number
  readonly pixels: Uint32Array
}

const SIGNATURE = 8
/** Bytes of length, type and checksum of a chunk. */
const LENGTH_AND_TYPE = 8
const CHECKSUM = 4

/**
 * Reads what a browser writes: 8 bits, RGB or RGBA, not interlaced (PNG specification, third edition, 9 and 11).
 * @throws {Error} for anything else
 */
export function decodePng(file: Buffer): Png {
  let head: Buffer | undefined
  const data: Buffer[] = []
  for (let at = SIGNATURE; at < file.length;) {
    const length = file.readUInt32BE(at)
    const type = file.toString('latin1', at + 4, at + 8)
    const body = file.subarray(at + LENGTH_AND_TYPE, at + LENGTH_AND_TYPE + length)
    if (type === 'IHDR') head = body
    if (type === 'IDAT') data.push(body)
    at += LENGTH_AND_TYPE + length + CHECKSUM
  }
  if (head === undefined) throw new Error('PNG: there is no IHDR')
  const [width, height] = [head.readUInt32BE(0), head.readUInt32BE(4)]
  const [depth, colour, interlace] = [head[8], head[9], head[12]]
  if (depth !== 8 || (colour !== 2 && colour !== 6) || interlace !== 0) {
    throw new Error(`PNG: expected 8 bits, RGB or RGBA, got depth ${depth}, colour ${colour}, interlace ${interlace}`)
  }
  const bytes = colour === 6 ? 4 : 3
  const rows = unfilter(inflateSync(Buffer.concat(data)), { stride: width * bytes, height, bytes })
  const pixels = new Uint32Array(width * height)
  for (let k = 0; k < pixels.length; k++) {
    const at = k * bytes
    pixels[k] = (0xff000000 | (rows[at + 2]! << 16) | (rows[at + 1]! << 8) | rows[at]!) >>> 0
  }
  return { width, height, pixels }
}

/** Undoes the filter of each row: none, left, up, average, or Paeth's. */
function unfilter(
  data: Buffer,
  { stride, height, bytes }: { stride: number; height: number; bytes: number }
): Uint8Array {
  const out = new Uint8Array(stride * height)
  for (let row = 0; row < height; row++) {
    const filter = data[row * (stride + 1)]!
    for (let k = 0; k < stride; k++) {
      const at = row * stride + k
      const left = k >= bytes ? out[at - bytes]! : 0
      const up = row > 0 ? out[at - stride]! : 0
      const corner = k >= bytes && row > 0 ? out[at - stride - bytes]! : 0
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter]!
      out[at] = data[row * (stride + 1) + 1 + k]! + guess
    }
  }
  return out
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)]
  return a <= b && a <= c ? left : b <= c ? up : corner
}

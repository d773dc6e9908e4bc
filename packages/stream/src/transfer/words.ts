/** Largest whole number that a JavaScript number holds exactly; the wire has 64 bits. At 1 MHz it lasts 285 years. */
export const MAX_WORD = Number.MAX_SAFE_INTEGER

const HALF = 2 ** 32

/** Big-endian, for numbers up to `MAX_WORD`. */
export function writeUint64(bytes: Uint8Array, at: number, value: number): void {
  writeUint32(bytes, at, Math.floor(value / HALF))
  writeUint32(bytes, at + 4, value)
}

/** Big-endian two's complement, for numbers within ± `MAX_WORD`. */
export function writeInt64(bytes: Uint8Array, at: number, value: number): void {
  writeUint64(bytes, at, value)
}

/** Big-endian. A value above `MAX_WORD` comes out inexact but still above it. */
export function readUint64(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at) * HALF + readUint32(bytes, at + 4)
}

/** Big-endian two's complement. A value outside ± `MAX_WORD` comes out inexact but still outside. */
export function readInt64(bytes: Uint8Array, at: number): number {
  return (readUint32(bytes, at) | 0) * HALF + readUint32(bytes, at + 4)
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  // Storing keeps the low 8 bits, and >>> takes the low 32 of any whole number, negative ones as two's complement.
  const word = value >>> 0
  bytes[at] = word >>> 24
  bytes[at + 1] = word >>> 16
  bytes[at + 2] = word >>> 8
  bytes[at + 3] = word
}

function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}

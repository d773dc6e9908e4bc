/** Little-endian f32 from byte `at` of a buffer: the numbers where they lie, or a copy where they are not aligned. */
export function floatsOf(buffer: ArrayBufferLike, at: number, length: number): Float32Array {
  return at % 4 === 0 ? new Float32Array(buffer, at, length) : new Float32Array(buffer.slice(at, at + 4 * length))
}

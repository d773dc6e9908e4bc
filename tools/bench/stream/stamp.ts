/**
 * What a chunk of the benchmark says about itself, whatever its dtype, in the byte order of the machine:
 *
 *   0        float64   when it was sent, µs on the clock that all processes of a machine share; where latency counts
 *   8        uint32    its number in the run, from 0
 *   end - 4  uint32    the same
 */
const TIME_AT = 0
const NUMBER_AT = 8
const LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** µs on the clock that all processes of a machine share. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1000
}

/** Bytes of a chunk, from wherever it comes. */
interface Bytes {
  readonly buffer: ArrayBufferLike
  readonly byteOffset: number
  readonly byteLength: number
}

/** Writes its number into a chunk. */
export function setNumber(chunk: Bytes, value: number): void {
  write(chunk, value)
}

/** Writes number and time into a chunk. */
export function stamp(chunk: Bytes, value: number): void {
  write(chunk, value).setFloat64(TIME_AT, now(), LITTLE)
}

function write({ buffer, byteOffset, byteLength }: Bytes, value: number): DataView {
  const view = new DataView(buffer, byteOffset, byteLength)
  view.setUint32(NUMBER_AT, value, LITTLE)
  view.setUint32(byteLength - 4, value, LITTLE)
  return view
}

/** When a chunk was sent, µs; NaN when it is not the one of that number, or not whole. */
export function sentAt({ buffer, byteOffset, byteLength }: Bytes, value: number): number {
  const view = new DataView(buffer, byteOffset, byteLength)
  const isRight = view.getUint32(NUMBER_AT, LITTLE) === value && view.getUint32(byteLength - 4, LITTLE) === value
  return isRight ? view.getFloat64(TIME_AT, LITTLE) : NaN
}

/** The number that a chunk bears. */
export function numberOf({ buffer, byteOffset, byteLength }: Bytes): number {
  return new DataView(buffer, byteOffset, byteLength).getUint32(NUMBER_AT, LITTLE)
}

/** Bytes at the beginning of a chunk that hold the time of its sending: a float64, little-endian, ms on `monotonicNow`. */
export const SEND_TIME_BYTES = 8

/** Stamps a chunk. */
export function writeSendTime(chunk: Uint8Array, time: number): void {
  view(chunk).setFloat64(0, time, true)
}

/** The stamp of a chunk; undefined when it is too short. */
export function readSendTime(chunk: Uint8Array): number | undefined {
  return chunk.byteLength < SEND_TIME_BYTES ? undefined : view(chunk).getFloat64(0, true)
}

function view(chunk: Uint8Array): DataView {
  return new DataView(chunk.buffer, chunk.byteOffset, SEND_TIME_BYTES)
}

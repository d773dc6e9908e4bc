/**
 * What a SimulatedDevice writes over the beginning of each chunk, little-endian:
 *
 *   sent f64   when it was sent, ms on `monotonicNow`
 *   due  f64   when its last sample was over by the device's own rate, on the same clock
 */
export const STAMP_BYTES = 16

/** Stamps a chunk. */
export function writeStamp(chunk: Uint8Array, sent: number, due: number): void {
  const view = viewOf(chunk)
  view.setFloat64(0, sent, true)
  view.setFloat64(8, due, true)
}

/** The stamp of a chunk; undefined when it is too short. */
export function readStamp(chunk: Uint8Array): { readonly sent: number; readonly due: number } | undefined {
  if (chunk.byteLength < STAMP_BYTES) return undefined
  const view = viewOf(chunk)
  return { sent: view.getFloat64(0, true), due: view.getFloat64(8, true) }
}

function viewOf(chunk: Uint8Array): DataView {
  return new DataView(chunk.buffer, chunk.byteOffset, STAMP_BYTES)
}

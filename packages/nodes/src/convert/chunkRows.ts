/** Rows that make a chunk of about `bytes`, at least one. */
export function chunkRowsOf(rowBytes: number, bytes: number, sampleCount = Infinity): number {
  return Math.max(1, Math.min(Math.floor(bytes / Math.max(1, rowBytes)), sampleCount))
}

import type { ExportGap, ExportStream } from '../Exporter.ts'

/** Which row of the data file holds a sample of a stream, and when that is in the time of the file. */
export class RowClock {
  readonly stream: ExportStream
  readonly #fills: boolean
  /** s in the file at the first sample */
  readonly #start: number
  readonly #gaps: ExportGap[] = []

  /** @param fills gaps are rows of the file */
  constructor(stream: ExportStream, start: number, fills: boolean) {
    this.stream = stream
    this.#start = start
    this.#fills = fills
  }

  addGap(gap: ExportGap): void {
    this.#gaps.push(gap)
  }

  /** Of a sample that is not in the file, the row of the next that is. */
  rowOf(index: number): number {
    let missing = 0
    if (!this.#fills) {
      for (const { from, to } of this.#gaps) {
        if (from >= index) break
        missing += Math.min(to, index) - from
      }
    }
    return Math.max(0, Math.round(index) - this.stream.startIndex - missing)
  }

  /** s from the first sample in the file */
  secondsOf(index: number): number {
    return this.#start + this.rowOf(index) / this.stream.sampleRate
  }
}

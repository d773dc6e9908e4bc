import { BLOCK_ROWS } from './JsSignalKernel.ts'

/** The last rows of the past and those of the block, per channel, for filters that look back. */
export class JsLines {
  /** Row 0 of the block is at `historyRows`. */
  readonly lines: readonly Float64Array[]
  readonly #historyRows: number

  constructor(channelCount: number, historyRows: number) {
    this.#historyRows = historyRows
    this.lines = Array.from({ length: channelCount }, () => new Float64Array(historyRows + BLOCK_ROWS))
  }

  /** Puts the first `rows` values of every column behind the past. */
  take(columns: readonly Float64Array[], rows: number): void {
    for (const [c, line] of this.lines.entries()) line.set(columns[c]!.subarray(0, rows), this.#historyRows)
  }

  /** Makes them the past. */
  moveOn(rows: number): void {
    for (const line of this.lines) line.copyWithin(0, rows, rows + this.#historyRows)
  }

  clear(): void {
    for (const line of this.lines) line.fill(0)
  }
}

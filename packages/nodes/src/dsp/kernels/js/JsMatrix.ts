import type { ChunkOptions } from '../Engine.ts'
import { BLOCK_ROWS, JsSignalKernel } from './JsSignalKernel.ts'

/** Mixes channels. */
export class JsMatrix extends JsSignalKernel {
  readonly #matrix: Float64Array
  readonly #results: readonly Float64Array[]

  constructor(matrix: Float64Array, options: ChunkOptions) {
    const outputCount = matrix.length / options.channelCount
    super(options, { outputCount })
    this.#matrix = matrix
    this.#results = Array.from({ length: outputCount }, () => new Float64Array(BLOCK_ROWS))
  }

  protected override resetState(): void {
    // There is none.
  }

  protected override compute(rows: number): { columns: readonly Float64Array[]; rows: number } {
    for (const [o, result] of this.#results.entries()) {
      result.fill(0, 0, rows)
      for (const [c, column] of this.columns.entries()) {
        const weight = this.#matrix[o * this.channelCount + c]!
        for (let i = 0; i < rows; i++) result[i]! += weight * column[i]!
      }
    }
    return { columns: this.#results, rows }
  }
}

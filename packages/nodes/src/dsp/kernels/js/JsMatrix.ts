import type { ChunkOptions } from '../Engine.ts'
import { planMix } from '../mixPlan.ts'
import { BLOCK_ROWS, JsSignalKernel } from './JsSignalKernel.ts'

/** A weight that is not 0, and which column it is for. */
interface Term {
  readonly column: number
  readonly weight: number
}

/** Mixes channels. */
export class JsMatrix extends JsSignalKernel {
  readonly #common: readonly Term[] | undefined
  readonly #rows: readonly (readonly Term[])[]
  /** The channels, and the sum that the outputs share. */
  readonly #sources: readonly Float64Array[]
  readonly #results: readonly Float64Array[]

  constructor(matrix: Float64Array, options: ChunkOptions) {
    const { channelCount } = options
    const outputCount = matrix.length / channelCount
    super(options, { outputCount })
    const { common, rows } = planMix(matrix, channelCount)
    const width = channelCount + 1
    this.#common = common && termsOf(common)
    this.#rows = Array.from({ length: outputCount }, (_, o) => termsOf(rows.subarray(o * width, (o + 1) * width)))
    this.#sources = [...this.columns, new Float64Array(BLOCK_ROWS)]
    this.#results = this.#rows.map(() => new Float64Array(BLOCK_ROWS))
  }

  protected override resetState(): void {
    // There is none.
  }

  protected override compute(rows: number): { columns: readonly Float64Array[]; rows: number } {
    if (this.#common !== undefined) this.#sum(this.#common, this.#sources[this.channelCount]!, rows)
    for (const [o, terms] of this.#rows.entries()) this.#sum(terms, this.#results[o]!, rows)
    return { columns: this.#results, rows }
  }

  #sum(terms: readonly Term[], result: Float64Array, rows: number): void {
    result.fill(0, 0, rows)
    for (const { column, weight } of terms) {
      const source = this.#sources[column]!
      for (let i = 0; i < rows; i++) result[i]! += weight * source[i]!
    }
  }
}

function termsOf(weights: Float64Array): Term[] {
  return Array.from(weights, (weight, column) => ({ column, weight })).filter(({ weight }) => weight !== 0)
}

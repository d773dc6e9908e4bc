import type { ChunkOptions } from '../Engine.ts'
import { planMix } from '../mixPlan.ts'
import type { WasmMemory } from './WasmMemory.ts'
import { WasmSignalKernel, stepFor } from './WasmSignalKernel.ts'

/** Rows of weights without their zeros, as packages/nodes/wasm/mix.c takes them; addresses. */
interface SparseRows {
  readonly counts: number
  readonly channels: number
  readonly weights: number
  /** Pairs of rows. */
  readonly pairs: number
}

export class WasmMatrix extends WasmSignalKernel {
  /** The sum that the outputs share; it comes behind the channels, as one more pair of the block. */
  readonly #common: SparseRows | undefined
  readonly #rows: SparseRows

  constructor(memory: WasmMemory, matrix: Float64Array, options: ChunkOptions) {
    const { channelCount } = options
    super(memory, options, { outputCount: matrix.length / channelCount })
    const { common, rows } = planMix(matrix, channelCount)
    const channelOf = (column: number) => (column < channelCount ? column : 2 * this.pairs)
    this.#common = common && this.#store(common, channelCount, channelOf)
    this.#rows = this.#store(rows, channelCount + 1, channelOf)
    memory.reserveWork((2 * this.pairs + 2) * (this.pieceRows + 2))
  }

  #store(rows: Float64Array, width: number, channelOf: (column: number) => number): SparseRows {
    const rowCount = rows.length / width
    const counts: number[] = []
    const channels: number[] = []
    const weights: number[] = []
    for (let row = 0; row < rowCount; row += 2) {
      const before = channels.length
      for (let column = 0; column < width; column++) {
        const one = rows[row * width + column]!
        const other = row + 1 < rowCount ? rows[(row + 1) * width + column]! : 0
        if (one === 0 && other === 0) continue
        channels.push(channelOf(column))
        weights.push(one, other)
      }
      counts.push(channels.length - before)
    }
    const stored = {
      counts: this.memory.allocate(this, 4 * counts.length),
      channels: this.memory.allocate(this, 4 * channels.length),
      weights: this.memory.allocateValues(this, weights),
      pairs: counts.length
    }
    this.memory.i32.set(counts, stored.counts >> 2)
    this.memory.i32.set(channels, stored.channels >> 2)
    return stored
  }

  protected override resetState(): void {
    // There is none.
  }

  protected override compute(block: number, step: number, rows: number): number {
    const { exports, result } = this.memory
    const common = this.#common
    if (common !== undefined) {
      const behind = block + 8 * this.pairs * step
      exports.matrix(block, behind, common.counts, common.channels, common.weights, common.pairs, rows, step, step)
    }
    const { counts, channels, weights, pairs } = this.#rows
    this.resultAt = result
    this.resultStep = stepFor(rows)
    exports.matrix(block, result, counts, channels, weights, pairs, rows, step, this.resultStep)
    return rows
  }
}

import type { ChunkOptions } from '../Engine.ts'
import type { WasmMemory } from './WasmMemory.ts'
import { WasmSignalKernel, stepFor } from './WasmSignalKernel.ts'

export class WasmMatrix extends WasmSignalKernel {
  readonly #outputPairs: number
  /** Per pair of outputs: how many channels have a weight in it, which, and the weights of the two outputs. */
  readonly #counts: number
  readonly #channels: number
  readonly #weights: number

  constructor(memory: WasmMemory, matrix: Float64Array, options: ChunkOptions) {
    const { channelCount } = options
    const outputCount = matrix.length / channelCount
    super(memory, options, { outputCount })
    this.#outputPairs = Math.ceil(outputCount / 2)
    const counts: number[] = []
    const channels: number[] = []
    const weights: number[] = []
    for (let o = 0; o < outputCount; o += 2) {
      const before = channels.length
      for (let c = 0; c < channelCount; c++) {
        const one = matrix[o * channelCount + c]!
        const other = o + 1 < outputCount ? matrix[(o + 1) * channelCount + c]! : 0
        if (one === 0 && other === 0) continue
        channels.push(c)
        weights.push(one, other)
      }
      counts.push(channels.length - before)
    }
    this.#counts = memory.allocate(this, 4 * counts.length)
    this.#channels = memory.allocate(this, 4 * channels.length)
    this.#weights = memory.allocateValues(this, weights)
    memory.i32.set(counts, this.#counts >> 2)
    memory.i32.set(channels, this.#channels >> 2)
  }

  protected override resetState(): void {
    // There is none.
  }

  protected override compute(block: number, step: number, rows: number): number {
    this.resultAt = this.memory.result
    this.resultStep = stepFor(rows)
    this.memory.exports.matrix(
      block,
      this.resultAt,
      this.#counts,
      this.#channels,
      this.#weights,
      this.#outputPairs,
      rows,
      step,
      this.resultStep
    )
    return rows
  }
}

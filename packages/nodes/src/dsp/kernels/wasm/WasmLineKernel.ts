import type { ChunkOptions } from '../Engine.ts'
import type { WasmMemory } from './WasmMemory.ts'
import { WasmSignalKernel } from './WasmSignalKernel.ts'

/**
 * A kernel that looks back. Its rows come into a line of its own, behind those of the past; when they reach its end, the
 * last ones go back to the beginning.
 */
export abstract class WasmLineKernel extends WasmSignalKernel {
  readonly #historyRows: number
  readonly #line: number
  readonly #lineRows: number
  /** Rows in the line. */
  #filled: number

  /** @param growth rows out per row in, where that is more than 1 */
  constructor(
    memory: WasmMemory,
    options: ChunkOptions,
    { historyRows, growth }: { historyRows: number; growth?: number }
  ) {
    super(memory, options, { growth })
    this.#historyRows = historyRows
    // Twice the past, so that it is moved once per as many rows.
    this.#lineRows = (2 * historyRows + this.pieceRows) | 1
    this.#line = memory.allocate(this, 16 * this.#lineRows * this.pairs)
    this.#filled = historyRows
  }

  protected override resetState(): void {
    this.#filled = this.#historyRows
    this.memory.f64.fill(0, this.#line >> 3, (this.#line >> 3) + 2 * this.#lineRows * this.pairs)
  }

  protected override blockFor(rows: number): number {
    if (this.#filled + rows > this.#lineRows) {
      const from = this.#filled - this.#historyRows
      this.memory.exports.move_rows(this.#line, this.pairs, this.blockStep(), from, this.#historyRows)
      this.#filled = this.#historyRows
    }
    const at = this.#line + 16 * this.#filled
    this.#filled += rows
    return at
  }

  protected override blockStep(): number {
    return 2 * this.#lineRows
  }
}

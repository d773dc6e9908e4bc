import type { ResampleOptions } from '../Engine.ts'
import { PolyphasePlan } from '../PolyphasePlan.ts'
import type { WasmMemory } from './WasmMemory.ts'
import { WasmSignalKernel, stepFor } from './WasmSignalKernel.ts'

export class WasmResampler extends WasmSignalKernel {
  readonly #plan: PolyphasePlan
  readonly #taps: number
  /** Rows of the past and those that came, per pair; when they reach the end, the last ones go back to the beginning. */
  readonly #line: number
  readonly #lineRows: number
  /** Rows in the line. */
  #filled: number

  constructor(memory: WasmMemory, taps: ArrayLike<number>, options: ResampleOptions) {
    const { up = 1, down = 1 } = options
    super(memory, options, { growth: Math.max(1, up / down) })
    this.#plan = new PolyphasePlan(taps, options)
    this.#taps = memory.allocateValues(this, this.#plan.phases)
    const { historyRows } = this.#plan
    // Twice the past, so that it is moved once per as many rows.
    this.#lineRows = (2 * historyRows + this.pieceRows) | 1
    this.#line = memory.allocate(this, 16 * this.#lineRows * this.pairs)
    this.#filled = historyRows
  }

  override outputRows(inputRows: number): number {
    return this.#plan.outputRows(inputRows)
  }

  protected override resetState(): void {
    this.#plan.reset()
    this.#filled = this.#plan.historyRows
    this.memory.f64.fill(0, this.#line >> 3, (this.#line >> 3) + 2 * this.#lineRows * this.pairs)
  }

  protected override blockFor(rows: number): number {
    const { historyRows } = this.#plan
    if (this.#filled + rows > this.#lineRows) {
      const { exports } = this.memory
      exports.move_rows(this.#line, this.pairs, this.blockStep(), this.#filled - historyRows, historyRows)
      this.#filled = historyRows
    }
    return this.#line + 16 * this.#filled
  }

  protected override blockStep(): number {
    return 2 * this.#lineRows
  }

  protected override compute(block: number, step: number, rows: number): number {
    const { up, down, first, phaseLength } = this.#plan
    const produced = this.#plan.outputRows(rows)
    this.resultAt = this.memory.result
    this.resultStep = stepFor(produced)
    this.memory.exports.polyphase(
      block,
      this.#taps,
      this.resultAt,
      this.pairs,
      step,
      this.resultStep,
      produced,
      up,
      down,
      first,
      phaseLength
    )
    this.#plan.advance(rows)
    this.#filled += rows
    return produced
  }
}

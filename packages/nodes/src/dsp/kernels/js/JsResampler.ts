import type { ResampleOptions } from '../Engine.ts'
import { PolyphasePlan } from '../PolyphasePlan.ts'
import { BLOCK_ROWS, JsSignalKernel } from './JsSignalKernel.ts'

/** Polyphase FIR filter: plain, decimating or resampling. */
export class JsResampler extends JsSignalKernel {
  readonly #plan: PolyphasePlan
  /** The last rows of the past and those of the block, per channel. */
  readonly #lines: readonly Float64Array[]
  readonly #results: readonly Float64Array[]

  constructor(taps: ArrayLike<number>, options: ResampleOptions) {
    super(options)
    this.#plan = new PolyphasePlan(taps, options)
    const { historyRows } = this.#plan
    this.#lines = this.columns.map(() => new Float64Array(historyRows + BLOCK_ROWS))
    const resultRows = Math.ceil((BLOCK_ROWS * this.#plan.up) / this.#plan.down)
    this.#results = this.columns.map(() => new Float64Array(resultRows))
  }

  override outputRows(inputRows: number): number {
    return this.#plan.outputRows(inputRows)
  }

  protected override resetState(): void {
    this.#plan.reset()
    for (const line of this.#lines) line.fill(0)
  }

  protected override compute(rows: number): { columns: readonly Float64Array[]; rows: number } {
    const { historyRows } = this.#plan
    const produced = this.#plan.outputRows(rows)
    for (const [c, line] of this.#lines.entries()) {
      line.set(this.columns[c]!.subarray(0, rows), historyRows)
      this.#filter(line, this.#results[c]!, produced)
      line.copyWithin(0, rows, rows + historyRows)
    }
    this.#plan.advance(rows)
    return { columns: this.#results, rows: produced }
  }

  #filter(line: Float64Array, result: Float64Array, produced: number): void {
    const { up, down, phases, phaseLength, historyRows, first } = this.#plan
    for (let m = 0, position = first; m < produced; m++, position += down) {
      const row = Math.floor(position / up)
      const taps = (position - row * up) * phaseLength
      let sum = 0
      for (let k = 0, at = historyRows + row; k < phaseLength; k++, at--) sum += phases[taps + k]! * line[at]!
      result[m] = sum
    }
  }
}

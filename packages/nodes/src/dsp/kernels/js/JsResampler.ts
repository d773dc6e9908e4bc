import type { ResampleOptions } from '../Engine.ts'
import { PolyphasePlan } from '../PolyphasePlan.ts'
import { JsLines } from './JsLines.ts'
import { BLOCK_ROWS, JsSignalKernel } from './JsSignalKernel.ts'

/** Polyphase FIR filter: plain, decimating or resampling. */
export class JsResampler extends JsSignalKernel {
  readonly #plan: PolyphasePlan
  readonly #past: JsLines
  readonly #results: readonly Float64Array[]

  constructor(taps: ArrayLike<number>, options: ResampleOptions) {
    super(options)
    this.#plan = new PolyphasePlan(taps, options)
    this.#past = new JsLines(options.channelCount, this.#plan.historyRows)
    const resultRows = Math.ceil((BLOCK_ROWS * this.#plan.up) / this.#plan.down)
    this.#results = this.columns.map(() => new Float64Array(resultRows))
  }

  override outputRows(inputRows: number): number {
    return this.#plan.outputRows(inputRows)
  }

  protected override resetState(): void {
    this.#plan.reset()
    this.#past.clear()
  }

  protected override compute(rows: number): { columns: readonly Float64Array[]; rows: number } {
    const produced = this.#plan.outputRows(rows)
    this.#past.take(this.columns, rows)
    for (const [c, line] of this.#past.lines.entries()) this.#filter(line, this.#results[c]!, produced)
    this.#past.moveOn(rows)
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

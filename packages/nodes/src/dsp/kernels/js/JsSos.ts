import { ROW, type SosTable } from '../../sosCoefficients.ts'
import type { SosOptions } from '../Engine.ts'
import type { SosCascade } from '../LiveSos.ts'
import { JsSignalKernel } from './JsSignalKernel.ts'

/** Second-order sections, one column after the other. Ported from the scipy engine of pyacq/dsp/sosfilter.py. */
export class JsSos extends JsSignalKernel implements SosCascade {
  readonly #table: SosTable
  /** `(sections, 2, channels)` */
  readonly #state: Float64Array

  constructor(table: SosTable, options: SosOptions) {
    super(options, { isBackward: options.direction === 'backward' })
    this.#table = table
    this.#state = new Float64Array(table.sectionCount * 2 * options.channelCount)
  }

  getState(): Float64Array {
    return this.#state.slice()
  }

  setState(state: ArrayLike<number>): void {
    this.#state.set(state)
  }

  protected override resetState(): void {
    this.#state.fill(0)
  }

  protected override compute(rows: number): { columns: readonly Float64Array[]; rows: number } {
    for (const [c, column] of this.columns.entries()) {
      this.#filter(column, c, rows)
      if (!Number.isFinite(column[rows - 1]!)) this.#recover(c)
    }
    return { columns: this.columns, rows }
  }

  #filter(column: Float64Array, channel: number, rows: number): void {
    const { tables, sectionCount } = this.#table
    const table = tables[channel] ?? tables[0]!
    for (let s = 0; s < sectionCount; s++) {
      const b0 = table[s * ROW]!
      const b1 = table[s * ROW + 1]!
      const b2 = table[s * ROW + 2]!
      const a1 = table[s * ROW + 3]!
      const a2 = table[s * ROW + 4]!
      const at = 2 * s * this.channelCount + channel
      let z0 = this.#state[at]!
      let z1 = this.#state[at + this.channelCount]!
      for (let i = 0; i < rows; i++) {
        const x = column[i]!
        const y = b0 * x + z0
        z0 = b1 * x - a1 * y + z1
        z1 = b2 * x - a2 * y
        column[i] = y
      }
      this.#state[at] = z0
      this.#state[at + this.channelCount] = z1
    }
  }

  #recover(channel: number): void {
    for (let at = channel; at < this.#state.length; at += this.channelCount) this.#state[at] = 0
  }
}

import type { HilbertOptions } from '../Engine.ts'
import { hilbertTaps } from '../hilbertTaps.ts'
import { JsLines } from './JsLines.ts'
import { JsSignalKernel } from './JsSignalKernel.ts'

export class JsHilbert extends JsSignalKernel {
  readonly #half: number
  readonly #taps: Float64Array
  readonly #isEnvelope: boolean
  readonly #past: JsLines

  constructor({ taps, output, ...options }: HilbertOptions) {
    super(options)
    this.#half = (taps - 1) / 2
    this.#taps = hilbertTaps(this.#half)
    this.#isEnvelope = output === 'envelope'
    this.#past = new JsLines(options.channelCount, taps - 1)
  }

  protected override resetState(): void {
    this.#past.clear()
  }

  protected override compute(rows: number): { columns: readonly Float64Array[]; rows: number } {
    this.#past.take(this.columns, rows)
    for (const [c, line] of this.#past.lines.entries()) this.#turn(line, this.columns[c]!, rows)
    this.#past.moveOn(rows)
    return { columns: this.columns, rows }
  }

  #turn(line: Float64Array, result: Float64Array, rows: number): void {
    const half = this.#half
    for (let r = 0; r < rows; r++) {
      const middle = half + r
      let sum = 0
      for (let d = 1; d <= half; d += 2) sum += this.#taps[d >> 1]! * (line[middle - d]! - line[middle + d]!)
      const x = line[middle]!
      result[r] = this.#isEnvelope ? Math.sqrt(x * x + sum * sum) : sum
    }
  }
}

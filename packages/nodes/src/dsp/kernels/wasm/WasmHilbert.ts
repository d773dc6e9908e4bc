import type { HilbertOptions } from '../Engine.ts'
import { hilbertTaps } from '../hilbertTaps.ts'
import { WasmLineKernel } from './WasmLineKernel.ts'
import type { WasmMemory } from './WasmMemory.ts'
import { stepFor } from './WasmSignalKernel.ts'

export class WasmHilbert extends WasmLineKernel {
  readonly #half: number
  readonly #taps: number
  readonly #isEnvelope: boolean

  constructor(memory: WasmMemory, { taps, output, ...options }: HilbertOptions) {
    super(memory, options, { historyRows: taps - 1 })
    this.#half = (taps - 1) / 2
    this.#taps = memory.allocateValues(this, hilbertTaps(this.#half))
    this.#isEnvelope = output === 'envelope'
  }

  protected override compute(block: number, step: number, rows: number): number {
    this.resultAt = this.memory.result
    this.resultStep = stepFor(rows)
    this.memory.exports.hilbert(
      block,
      this.#taps,
      this.resultAt,
      this.pairs,
      step,
      this.resultStep,
      rows,
      this.#half,
      this.#isEnvelope ? 1 : 0
    )
    return rows
  }
}

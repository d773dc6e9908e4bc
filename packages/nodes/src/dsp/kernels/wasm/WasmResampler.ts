import type { ResampleOptions } from '../Engine.ts'
import { PolyphasePlan } from '../PolyphasePlan.ts'
import type { WasmMemory } from './WasmMemory.ts'
import { WasmLineKernel } from './WasmLineKernel.ts'
import { stepFor } from './WasmSignalKernel.ts'

export class WasmResampler extends WasmLineKernel {
  readonly #plan: PolyphasePlan
  readonly #taps: number

  constructor(memory: WasmMemory, taps: ArrayLike<number>, options: ResampleOptions) {
    const plan = new PolyphasePlan(taps, options)
    super(memory, options, { historyRows: plan.historyRows, growth: Math.max(1, plan.up / plan.down) })
    this.#plan = plan
    this.#taps = memory.allocateValues(this, plan.phases)
  }

  override outputRows(inputRows: number): number {
    return this.#plan.outputRows(inputRows)
  }

  protected override resetState(): void {
    super.resetState()
    this.#plan.reset()
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
    return produced
  }
}

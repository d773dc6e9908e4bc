import type { SlidingOptions } from '../Engine.ts'
import type { WasmMemory } from './WasmMemory.ts'
import { WasmSignalKernel } from './WasmSignalKernel.ts'

/** Their numbers in packages/nodes/wasm/mix.c. */
const STATISTICS = { mean: 0, rms: 1, demean: 2 } as const

export class WasmSliding extends WasmSignalKernel {
  readonly #window: number
  readonly #statistic: number
  readonly #ring: number
  readonly #sums: number
  /** Where the next row goes in the ring. */
  #at = 0
  /** Rows in the ring. */
  #filled = 0

  constructor(memory: WasmMemory, { window, statistic, ...options }: SlidingOptions) {
    super(memory, options)
    this.#window = window
    this.#statistic = STATISTICS[statistic]
    this.#ring = memory.allocate(this, 16 * window * this.pairs)
    this.#sums = memory.allocate(this, 16 * this.pairs)
  }

  protected override resetState(): void {
    const { f64 } = this.memory
    f64.fill(0, this.#ring >> 3, (this.#ring >> 3) + 2 * this.#window * this.pairs)
    f64.fill(0, this.#sums >> 3, (this.#sums >> 3) + 2 * this.pairs)
    this.#at = this.#filled = 0
  }

  protected override compute(block: number, step: number, rows: number): number {
    this.memory.exports.sliding(
      block,
      this.#ring,
      this.#sums,
      this.pairs,
      rows,
      step,
      this.#window,
      this.#at,
      this.#filled,
      this.#statistic
    )
    this.#at = (this.#at + rows) % this.#window
    this.#filled = Math.min(this.#window, this.#filled + rows)
    this.resultAt = block
    this.resultStep = step
    return rows
  }
}

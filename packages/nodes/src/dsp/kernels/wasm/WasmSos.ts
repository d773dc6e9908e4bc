import { ROW, type SosTable } from '../../sosCoefficients.ts'
import type { SosOptions } from '../Engine.ts'
import type { SosCascade } from '../LiveSos.ts'
import type { WasmMemory } from './WasmMemory.ts'
import { WasmSignalKernel } from './WasmSignalKernel.ts'

export class WasmSos extends WasmSignalKernel implements SosCascade {
  readonly #sections: number
  readonly #isPerChannel: boolean
  readonly #coefficients: number
  /** Per pair and section: z0 of two channels, z1 of two channels. */
  readonly #state: number

  constructor(memory: WasmMemory, table: SosTable, options: SosOptions) {
    super(memory, options, { isBackward: options.direction === 'backward' })
    this.#sections = table.sectionCount
    this.#isPerChannel = table.tables.length > 1
    this.#coefficients = memory.allocateValues(this, this.#isPerChannel ? inLanes(table) : table.tables[0]!)
    this.#state = memory.allocate(this, 8 * 4 * this.#sections * this.pairs)
  }

  getState(): Float64Array {
    return Float64Array.from({ length: 2 * this.#sections * this.channelCount }, (_, i) => {
      return this.memory.f64[this.#stateIndex(i)]!
    })
  }

  setState(state: ArrayLike<number>): void {
    for (let i = 0; i < state.length; i++) this.memory.f64[this.#stateIndex(i)] = state[i]!
  }

  /** Where value i of `(sections, 2, channels)` is. */
  #stateIndex(i: number): number {
    const channel = i % this.channelCount
    const sectionAndDelay = Math.floor(i / this.channelCount)
    const pair = channel >> 1
    return (this.#state >> 3) + pair * 4 * this.#sections + 2 * sectionAndDelay + (channel & 1)
  }

  protected override resetState(): void {
    this.memory.f64.fill(0, this.#state >> 3, (this.#state >> 3) + 4 * this.#sections * this.pairs)
  }

  protected override compute(block: number, step: number, rows: number): number {
    this.memory.exports.sos(
      block,
      this.#state,
      this.#coefficients,
      this.pairs,
      rows,
      step,
      this.#sections,
      this.#isPerChannel ? 1 : 0
    )
    this.resultAt = block
    this.resultStep = step
    return rows
  }
}

/** The tables of two channels side by side; of an odd number the last one's partner has zeros. */
function inLanes({ tables, sectionCount }: SosTable): Float64Array {
  const length = sectionCount * ROW
  const lanes = new Float64Array(Math.ceil(tables.length / 2) * 2 * length)
  for (const [c, table] of tables.entries()) {
    for (let i = 0; i < length; i++) lanes[(c >> 1) * 2 * length + 2 * i + (c & 1)] = table[i]!
  }
  return lanes
}

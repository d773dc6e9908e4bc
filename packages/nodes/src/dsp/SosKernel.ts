import type { TypedArray } from '@nodeacq/ndarray'
import { FilterError } from '../errors.ts'
import { ROW, type SosTable } from './sosCoefficients.ts'

/** Rows worked on at once, so that a column stays in the first-level cache through all sections. */
const BLOCK_ROWS = 1024

/**
 * Cascade of second-order sections in transposed direct form II, one state per channel and section:
 *
 *   y  = b0 x + z0
 *   z0 = b1 x − a1 y + z1
 *   z1 = b2 x − a2 y
 *
 * Everything is computed in float64, in the order of scipy's `sosfilt`, and cast to the output's dtype at the end
 * (truncated towards zero for integers). The state starts at zero and is kept, so that the result does not depend on how
 * a signal is cut into chunks.
 *
 * Ported from the scipy engine of pyacq/dsp/sosfilter.py.
 */
export class SosKernel {
  readonly channelCount: number
  readonly sectionCount: number
  readonly #tables: readonly Float64Array[]
  /** z0, z1 of each section of each channel. */
  readonly #state: Float64Array
  readonly #column = new Float64Array(BLOCK_ROWS)

  /** @throws FilterError when there are coefficients per channel, but not for each of `channelCount` */
  constructor({ sectionCount, tables }: SosTable, channelCount: number) {
    if (tables.length !== 1 && tables.length !== channelCount) {
      throw new FilterError('coefficients', `one table, or one per channel (${channelCount})`, `${tables.length}`)
    }
    this.channelCount = channelCount
    this.sectionCount = sectionCount
    this.#tables = tables
    this.#state = new Float64Array(channelCount * sectionCount * 2)
  }

  /** State as scipy's `zi`, shape `(sections, 2, channels)` in nested lists. */
  get state(): number[][][] {
    return Array.from({ length: this.sectionCount }, (_, s) =>
      [0, 1].map((z) =>
        Array.from({ length: this.channelCount }, (_, c) => this.#state[(c * this.sectionCount + s) * 2 + z]!)
      )
    )
  }

  /** Back to silence. */
  reset(): void {
    this.#state.fill(0)
  }

  /** Filters `(samples, channels)` in C order from `input` to `output`, which may be the same array. */
  process(input: TypedArray, output: TypedArray): void {
    const channels = this.channelCount
    if (input.length !== output.length || input.length % channels !== 0) {
      throw new RangeError(
        `SosKernel: expected two arrays of whole samples of ${channels} channels, got ${input.length} and ${output.length} values`
      )
    }
    const rows = input.length / channels
    for (let first = 0; first < rows; first += BLOCK_ROWS) {
      const count = Math.min(BLOCK_ROWS, rows - first)
      for (let c = 0; c < channels; c++) {
        gather(input, first * channels + c, channels, this.#column, count)
        this.#filterColumn(c, count)
        scatter(this.#column, count, output, first * channels + c, channels)
      }
    }
  }

  #filterColumn(channel: number, count: number): void {
    const column = this.#column
    const table = this.#tables[channel] ?? this.#tables[0]!
    for (let s = 0; s < this.sectionCount; s++) {
      const b0 = table[s * ROW]!
      const b1 = table[s * ROW + 1]!
      const b2 = table[s * ROW + 2]!
      const a1 = table[s * ROW + 3]!
      const a2 = table[s * ROW + 4]!
      const at = (channel * this.sectionCount + s) * 2
      let z0 = this.#state[at]!
      let z1 = this.#state[at + 1]!
      for (let i = 0; i < count; i++) {
        const x = column[i]!
        const y = b0 * x + z0
        z0 = b1 * x - a1 * y + z1
        z1 = b2 * x - a2 * y
        column[i] = y
      }
      this.#state[at] = z0
      this.#state[at + 1] = z1
    }
  }
}

function gather(source: TypedArray, start: number, stride: number, column: Float64Array, count: number): void {
  if (isBigInts(source)) {
    for (let i = 0, at = start; i < count; i++, at += stride) column[i] = Number(source[at])
  } else {
    for (let i = 0, at = start; i < count; i++, at += stride) column[i] = source[at]!
  }
}

function scatter(column: Float64Array, count: number, target: TypedArray, start: number, stride: number): void {
  if (isBigInts(target)) {
    for (let i = 0, at = start; i < count; i++, at += stride) target[at] = BigInt(Math.trunc(column[i]!))
  } else {
    for (let i = 0, at = start; i < count; i++, at += stride) target[at] = column[i]!
  }
}

function isBigInts(values: TypedArray): values is BigInt64Array | BigUint64Array {
  return values instanceof BigInt64Array || values instanceof BigUint64Array
}

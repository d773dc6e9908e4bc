import type { TypedArray } from '@nodeacq/ndarray'
import { FilterError } from '../../errors.ts'
import type { SosTable } from '../sosCoefficients.ts'
import { limitsOf, toInteger } from './chunkValues.ts'
import type { SignalKernel, SosKernel, SosOptions } from './Engine.ts'
import { steadyState } from './steadyState.ts'

/** What an engine brings for `SosKernel`: a cascade whose coefficients stay. */
export interface SosCascade extends SignalKernel {
  /** `(sections, 2, channels)`, a copy. */
  getState(): Float64Array
  setState(state: ArrayLike<number>): void
}

interface Fade {
  readonly from: SosCascade
  readonly rows: number
  /** Rows that were faded so far. */
  done: number
}

/** Lets the coefficients of an engine's cascades be replaced while a signal flows. */
export class LiveSos implements SosKernel {
  readonly #options: SosOptions
  readonly #create: (table: SosTable) => SosCascade
  #table: SosTable
  #cascade: SosCascade
  #fade: Fade | undefined
  /** Rows of a fade that begins with the next chunk. */
  #wantedFade: { readonly from: SosCascade; readonly rows: number } | undefined
  /** Of cascades that are gone. */
  #formerNonFinite = 0

  /** @throws FilterError when there are coefficients per channel, but not for each */
  constructor(table: SosTable, options: SosOptions, create: (table: SosTable) => SosCascade) {
    checkTables(table, options.channelCount)
    this.#options = options
    this.#create = create
    this.#table = table
    this.#cascade = create(table)
  }

  get channelCount(): number {
    return this.#options.channelCount
  }

  get sectionCount(): number {
    return this.#table.sectionCount
  }

  get nonFiniteCount(): number {
    return this.#formerNonFinite + this.#cascade.nonFiniteCount
  }

  outputRows(inputRows: number): number {
    return inputRows
  }

  reset(): void {
    this.#fade = this.#wantedFade = undefined
    this.#cascade.reset()
  }

  getState(): Float64Array {
    return this.#cascade.getState()
  }

  setState(state: ArrayLike<number>): void {
    const expected = this.sectionCount * 2 * this.channelCount
    if (state.length !== expected) {
      throw new RangeError(
        `setState: expected ${expected} values (${this.sectionCount}, 2, ${this.channelCount}), got ${state.length}`
      )
    }
    this.#cascade.setState(state)
  }

  setCoefficients(table: SosTable, { fadeRows = 0 }: { readonly fadeRows?: number } = {}): void {
    checkTables(table, this.channelCount)
    const former = this.#cascade
    this.#formerNonFinite += former.nonFiniteCount
    this.#cascade = this.#create(table)
    this.#table = table
    this.#fade = undefined
    this.#wantedFade = fadeRows > 0 ? { from: former, rows: fadeRows } : undefined
  }

  process(input: TypedArray, output: TypedArray): number {
    if (this.#wantedFade !== undefined && input.length > 0) this.#beginFade(this.#wantedFade, input)
    return this.#fade === undefined ? this.#cascade.process(input, output) : this.#mix(this.#fade, input, output)
  }

  #beginFade({ from, rows }: { from: SosCascade; rows: number }, input: TypedArray): void {
    this.#wantedFade = undefined
    this.#fade = { from, rows, done: 0 }
    this.#cascade.setState(steadyState(this.#table, this.#firstRow(input)))
  }

  #firstRow(input: TypedArray): Float64Array {
    const { channelCount, layout, direction } = this.#options
    const rows = input.length / channelCount
    const row = direction === 'backward' ? rows - 1 : 0
    return Float64Array.from({ length: channelCount }, (_, c) => {
      const value = Number(input[layout === 'channels' ? c * rows + row : row * channelCount + c])
      return Number.isFinite(value) ? value : 0
    })
  }

  /** The old and the new filter's output, from all old to all new. */
  #mix(fade: Fade, input: TypedArray, output: TypedArray): number {
    const { channelCount, layout, direction } = this.#options
    const before = new Float64Array(input.length)
    const after = new Float64Array(input.length)
    fade.from.process(input, before)
    const rows = this.#cascade.process(input, after)
    for (let i = 0; i < rows; i++) {
      const weight = 0.5 - 0.5 * Math.cos((Math.PI * Math.min(fade.rows, fade.done + i + 1)) / fade.rows)
      const row = direction === 'backward' ? rows - 1 - i : i
      const step = layout === 'channels' ? rows : 1
      const start = layout === 'channels' ? row : row * channelCount
      for (let c = 0, at = start; c < channelCount; c++, at += step) {
        after[at] = (1 - weight) * before[at]! + weight * after[at]!
      }
    }
    fade.done += rows
    if (fade.done >= fade.rows) this.#fade = undefined
    copyCast(after, output)
    return rows
  }
}

/** @throws FilterError when there are coefficients per channel, but not for each */
function checkTables({ tables }: SosTable, channelCount: number): void {
  if (tables.length === 1 || tables.length === channelCount) return
  throw new FilterError('coefficients', `one table, or one per channel (${channelCount})`, `${tables.length}`)
}

function copyCast(values: Float64Array, target: TypedArray): void {
  const limits = limitsOf(target)
  if (target instanceof BigInt64Array || target instanceof BigUint64Array) {
    for (const [i, value] of values.entries()) target[i] = BigInt(toInteger(value, ...limits!))
  } else if (limits === undefined) {
    target.set(values)
  } else {
    for (const [i, value] of values.entries()) target[i] = toInteger(value, ...limits)
  }
}

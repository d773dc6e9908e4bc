import type { TypedArray } from '@nodeacq/ndarray'
import type { ChunkLayout, ChunkOptions, SignalKernel } from '../Engine.ts'
import { isBigInts, isIntegers, limitsOf, toInteger } from '../chunkValues.ts'
import { checkChunk } from '../checkChunk.ts'

/** Rows worked on at once, so that a column stays in the first-level cache. */
export const BLOCK_ROWS = 1024

/**
 * Takes chunks apart for the kernels of the `js` engine: blocks of rows become columns of float64, one per channel, and
 * the columns that a kernel leaves become rows of the output.
 */
export abstract class JsSignalKernel implements SignalKernel {
  readonly channelCount: number
  nonFiniteCount = 0
  /** The rows of a block, one column per channel. A kernel may write over it. */
  protected readonly columns: readonly Float64Array[]
  readonly #outputCount: number
  readonly #layout: ChunkLayout
  readonly #isBackward: boolean
  /** The last value of each channel, for the next one when that is not finite. */
  readonly #held: Float64Array

  constructor(
    { channelCount, layout = 'samples' }: ChunkOptions,
    { outputCount = channelCount, isBackward = false }: { outputCount?: number; isBackward?: boolean } = {}
  ) {
    this.channelCount = channelCount
    this.#outputCount = outputCount
    this.#layout = layout
    this.#isBackward = isBackward
    this.columns = Array.from({ length: channelCount }, () => new Float64Array(BLOCK_ROWS))
    this.#held = new Float64Array(channelCount)
  }

  outputRows(inputRows: number): number {
    return inputRows
  }

  reset(): void {
    this.#held.fill(0)
    this.resetState()
  }

  process(input: TypedArray, output: TypedArray): number {
    const rows = checkChunk(this, input, output, this.#outputCount)
    const outRows = this.outputRows(rows)
    let written = 0
    for (let done = 0; done < rows; done += BLOCK_ROWS) {
      const count = Math.min(BLOCK_ROWS, rows - done)
      this.#load(input, rows, { first: this.#isBackward ? rows - 1 - done : done, count })
      const results = this.compute(count)
      const produced = results.rows
      const first = this.#isBackward ? outRows - 1 - written : written
      this.#store(results.columns, output, { outRows, first, count: produced })
      written += produced
    }
    return written
  }

  protected abstract resetState(): void

  /** Works on the first `rows` values of `columns` and says where the result is. */
  protected abstract compute(rows: number): { columns: readonly Float64Array[]; rows: number }

  #load(source: TypedArray, rows: number, { first, count }: { first: number; count: number }): void {
    const isBySample = this.#layout === 'samples'
    const step = (isBySample ? this.channelCount : 1) * (this.#isBackward ? -1 : 1)
    for (const [c, column] of this.columns.entries()) {
      const start = isBySample ? first * this.channelCount + c : c * rows + first
      if (isBigInts(source)) {
        for (let i = 0, at = start; i < count; i++, at += step) column[i] = Number(source[at])
      } else {
        for (let i = 0, at = start; i < count; i++, at += step) column[i] = source[at]!
      }
      if (!isIntegers(source)) this.#holdFinite(column, c, count)
    }
  }

  #holdFinite(column: Float64Array, channel: number, count: number): void {
    let held = this.#held[channel]!
    for (let i = 0; i < count; i++) {
      const value = column[i]!
      if (value - value === 0) {
        held = value
      } else {
        column[i] = held
        this.nonFiniteCount++
      }
    }
    this.#held[channel] = held
  }

  #store(
    columns: readonly Float64Array[],
    target: TypedArray,
    { outRows, first, count }: { outRows: number; first: number; count: number }
  ): void {
    const isBySample = this.#layout === 'samples'
    const step = (isBySample ? this.#outputCount : 1) * (this.#isBackward ? -1 : 1)
    const limits = limitsOf(target)
    for (let c = 0; c < this.#outputCount; c++) {
      const column = columns[c]!
      const start = isBySample ? first * this.#outputCount + c : c * outRows + first
      if (limits === undefined) {
        for (let i = 0, at = start; i < count; i++, at += step) target[at] = column[i]!
        continue
      }
      const [low, high] = limits
      for (let i = 0, at = start; i < count; i++, at += step) {
        const value = toInteger(column[i]!, low, high)
        target[at] = isBigInts(target) ? BigInt(value) : value
      }
    }
  }
}

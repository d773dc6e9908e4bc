import type { TypedArray } from '@nodeacq/ndarray'
import type { ChunkLayout, ChunkOptions, SignalKernel } from '../Engine.ts'
import { checkChunk } from '../checkChunk.ts'
import { isBigInts, limitsOf, toInteger } from '../chunkValues.ts'
import type { WasmMemory } from './WasmMemory.ts'

/** Types that WebAssembly reads and writes; others go by float64. */
type Kind = 'f32' | 'f64' | 'i16' | 'i32'

const BYTES: Readonly<Record<Kind, number>> = { f32: 4, f64: 8, i16: 2, i32: 4 }

/** Which rows of which chunk. */
interface Piece {
  rows: number
  first: number
  count: number
}

/**
 * Brings chunks into WebAssembly's memory and back, piece by piece, with one copy each way:
 *
 *   input ──copy──► raw ──load──► block ──compute──► result ──store──► raw ──copy──► output
 *
 * Blocks are float64, laid out as packages/nodes/wasm/lanes.h says.
 */
export abstract class WasmSignalKernel implements SignalKernel {
  readonly channelCount: number
  nonFiniteCount = 0
  protected readonly memory: WasmMemory
  /** Pairs of channels in a block. */
  protected readonly pairs: number
  /** Rows worked on at once. */
  protected readonly pieceRows: number
  /** Where `compute` left its result, and the doubles from pair to pair there. */
  protected resultAt = 0
  protected resultStep = 0
  readonly #outputCount: number
  readonly #layout: ChunkLayout
  readonly #isBackward: boolean
  /** Address of the last value of each channel. */
  readonly #held: number
  /** What was copied out of last, as the next chunk will mostly be of the same size. */
  #view: TypedArray = new Float64Array()
  // Objects that stay, so that a chunk needs no new ones.
  readonly #in: Piece = { rows: 0, first: 0, count: 0 }
  readonly #out: Piece = { rows: 0, first: 0, count: 0 }
  /** Values from `at` of `raw` to `to` of the output. */
  readonly #span = { at: 0, length: 0, to: 0 }

  /** @param growth rows out per row in, where that is more than 1 */
  constructor(
    memory: WasmMemory,
    { channelCount, layout = 'samples' }: ChunkOptions,
    {
      outputCount = channelCount,
      isBackward = false,
      growth = 1
    }: { outputCount?: number; isBackward?: boolean; growth?: number } = {}
  ) {
    this.memory = memory
    this.channelCount = channelCount
    this.pairs = Math.ceil(channelCount / 2)
    this.#outputCount = outputCount
    this.#layout = layout
    this.#isBackward = isBackward
    const lanes = 2 * Math.ceil(Math.max(channelCount, outputCount) / 2) * growth
    this.pieceRows = memory.rowsFor(lanes + 2)
    memory.reserveWork(Math.ceil(lanes * (this.pieceRows + 2)))
    this.#held = memory.allocate(this, 16 * this.pairs)
  }

  outputRows(inputRows: number): number {
    return inputRows
  }

  reset(): void {
    this.memory.f64.fill(0, this.#held >> 3, (this.#held >> 3) + 2 * this.pairs)
    this.resetState()
  }

  process(input: TypedArray, output: TypedArray): number {
    const rows = checkChunk(this, input, output, this.#outputCount)
    const outRows = this.outputRows(rows)
    let written = 0
    for (let done = 0; done < rows; done += this.pieceRows) {
      const count = Math.min(this.pieceRows, rows - done)
      const step = this.blockStep(count)
      const block = this.blockFor(count)
      const from = this.#in
      from.rows = rows
      from.first = this.#isBackward ? rows - done - count : done
      from.count = count
      this.#load(input, block, step)
      const produced = this.compute(block, step, count)
      const to = this.#out
      to.rows = outRows
      to.first = this.#isBackward ? outRows - written - produced : written
      to.count = produced
      if (produced > 0) this.#store(output)
      written += produced
    }
    return written
  }

  protected abstract resetState(): void

  /** Works on `rows` rows at `block`, and says with `resultAt` and `resultStep` where the rows it returns are. */
  protected abstract compute(block: number, step: number, rows: number): number

  /** Where the next `rows` rows shall be put. */
  protected blockFor(_rows: number): number {
    return this.memory.block
  }

  /** Doubles from pair to pair there. */
  protected blockStep(rows: number): number {
    return stepFor(rows)
  }

  #load(input: TypedArray, block: number, step: number): void {
    const { exports, raw } = this.memory
    const kind = kindOf(input)
    this.#copyIn(input, kind)
    const { count } = this.#in
    const channels = this.channelCount
    const rowStep = (this.#layout === 'samples' ? channels : 1) * (this.#isBackward ? -1 : 1)
    const channelStep = this.#layout === 'samples' ? 1 : count
    const from = raw + (this.#isBackward ? -rowStep * (count - 1) * BYTES[kind] : 0)
    const load = LOADS[kind]
    this.nonFiniteCount += exports[load](from, block, count, channels, rowStep, channelStep, step, this.#held)
  }

  /** The rows of the piece from the chunk to `raw`: for a chunk of one piece, and for rows by sample, in one go. */
  #copyIn(input: TypedArray, kind: Kind): void {
    const { rows, first, count } = this.#in
    const channels = this.channelCount
    if (count === rows) this.#copyValues(input, kind, 0)
    else if (this.#layout === 'samples') {
      this.#copyValues(input.subarray(first * channels, (first + count) * channels), kind, 0)
    } else {
      for (let c = 0; c < channels; c++) {
        this.#copyValues(input.subarray(c * rows + first, c * rows + first + count), kind, c * count)
      }
    }
  }

  #copyValues(values: TypedArray, kind: Kind, at: number): void {
    const { memory } = this
    const start = memory.raw / BYTES[kind] + at
    if (!isBigInts(values)) memory[kind].set(values, start)
    else for (let i = 0; i < values.length; i++) memory.f64[start + i] = Number(values[i])
  }

  #store(output: TypedArray): void {
    const { exports, raw } = this.memory
    const kind = kindOf(output)
    const { rows, first, count } = this.#out
    const channels = this.#outputCount
    const isBySample = this.#layout === 'samples'
    const rowStep = (isBySample ? channels : 1) * (this.#isBackward ? -1 : 1)
    const to = raw + (this.#isBackward ? -rowStep * (count - 1) * BYTES[kind] : 0)
    exports[STORES[kind]](this.resultAt, to, count, channels, rowStep, isBySample ? 1 : count, this.resultStep)
    const span = this.#span
    if (isBySample || count === rows) {
      span.at = 0
      span.length = count * channels
      span.to = first * channels
      this.#copyOut(output, kind)
      return
    }
    for (let c = 0; c < channels; c++) {
      span.at = c * count
      span.length = count
      span.to = c * rows + first
      this.#copyOut(output, kind)
    }
  }

  #copyOut(output: TypedArray, kind: Kind): void {
    const { at, length, to } = this.#span
    const values = this.#rawView(kind, this.memory.raw / BYTES[kind] + at, length)
    const limits = kind === 'f64' ? limitsOf(output) : undefined
    if (limits === undefined) {
      ;(output as Float64Array).set(values as Float64Array, to)
      return
    }
    const [low, high] = limits
    for (let i = 0; i < length; i++) {
      const value = toInteger(values[i] as number, low, high)
      output[to + i] = isBigInts(output) ? BigInt(value) : value
    }
  }

  #rawView(kind: Kind, start: number, length: number): TypedArray {
    const all = this.memory[kind]
    const view = this.#view
    const isSame =
      view.length === length && view.byteOffset === start * BYTES[kind] && view.constructor === all.constructor
    if (!isSame || view.buffer !== all.buffer) this.#view = all.subarray(start, start + length)
    return this.#view
  }
}

/** An odd number of rows apart, so that the pairs of a row do not all fall on the same lines of the cache. */
export function stepFor(rows: number): number {
  return 2 * (rows | 1)
}

const LOADS = { f32: 'load_f32', f64: 'load_f64', i16: 'load_i16', i32: 'load_i32' } as const
const STORES = { f32: 'store_f32', f64: 'store_f64', i16: 'store_i16', i32: 'store_i32' } as const

function kindOf(values: TypedArray): Kind {
  switch (values.constructor) {
    case Float32Array:
      return 'f32'
    case Int16Array:
      return 'i16'
    case Int32Array:
      return 'i32'
    default:
      return 'f64'
  }
}

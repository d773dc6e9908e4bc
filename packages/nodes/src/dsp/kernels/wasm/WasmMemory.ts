import { readFileSync } from 'node:fs'
import { FilterError } from '../../../errors.ts'

/** What packages/nodes/wasm exports; addresses and steps as its sources say. */
export interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow: (pages: number) => number }
  readonly __heap_base: { readonly value: number }
  readonly load_f32: Load
  readonly load_f64: Load
  readonly load_i16: Load
  readonly load_i32: Load
  readonly store_f32: Store
  readonly store_f64: Store
  readonly store_i16: Store
  readonly store_i32: Store
  readonly sos: (
    x: number,
    state: number,
    coefficients: number,
    pairs: number,
    rows: number,
    pairStep: number,
    sections: number,
    isPerPair: number
  ) => void
  readonly polyphase: (
    line: number,
    taps: number,
    out: number,
    pairs: number,
    lineStep: number,
    outStep: number,
    produced: number,
    up: number,
    down: number,
    first: number,
    phaseLength: number
  ) => void
  readonly hilbert: (
    line: number,
    taps: number,
    out: number,
    pairs: number,
    lineStep: number,
    outStep: number,
    rows: number,
    half: number,
    isEnvelope: number
  ) => void
  readonly move_rows: (line: number, pairs: number, lineStep: number, from: number, rows: number) => void
  readonly matrix: (
    x: number,
    out: number,
    counts: number,
    channels: number,
    weights: number,
    pairs: number,
    rows: number,
    pairStep: number,
    outStep: number
  ) => void
  readonly sliding: (
    x: number,
    ring: number,
    sums: number,
    pairs: number,
    rows: number,
    pairStep: number,
    window: number,
    at: number,
    filled: number,
    statistic: number
  ) => void
  readonly stockham: (re: number, im: number, other: number, factors: number, size: number) => number
  readonly split: (from: number, re: number, im: number, count: number) => void
  readonly join: (re: number, im: number, to: number, count: number, divisor: number) => void
  readonly multiply: (ar: number, ai: number, br: number, bi: number, re: number, im: number, count: number) => void
  readonly scale_down: (values: number, count: number, divisor: number) => void
  readonly real_spectrum: (re: number, im: number, wr: number, wi: number, to: number, half: number) => void
  readonly real_pairs: (from: number, wr: number, wi: number, re: number, im: number, half: number) => void
  readonly magnitudes: (
    re: number,
    im: number,
    to: number,
    size: number,
    start: number,
    rows: number,
    step: number,
    divisor: number
  ) => void
}

type Load = (
  from: number,
  to: number,
  rows: number,
  channels: number,
  rowStep: number,
  channelStep: number,
  pairStep: number,
  held: number
) => number

type Store = (
  from: number,
  to: number,
  rows: number,
  channels: number,
  rowStep: number,
  channelStep: number,
  pairStep: number
) => void

/** What is used of it; the compiler's types of WebAssembly come with those of browsers only. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object) => { readonly exports: unknown }
}

const PAGE = 65_536
/** 256 KiB per area: with raw samples, block and result within the second-level cache. */
const WORK_VALUES = 32_768

/**
 * The module and its memory, one for all kernels of a process: kernels have what they keep in it, and share three areas
 * for the piece of a chunk that is being worked on.
 */
export class WasmMemory {
  readonly exports: Exports
  /** Views of all of it; others after `allocate`. */
  f64!: Float64Array
  f32!: Float32Array
  i32!: Int32Array
  i16!: Int16Array
  /** Addresses of the areas: samples as they come and go, and two of blocks. */
  raw = 0
  block = 0
  result = 0
  #workValues = 0
  #end: number
  /** Addresses that were given back, by size. */
  readonly #free = new Map<number, number[]>()
  readonly #owners = new FinalizationRegistry<{ address: number; bytes: number }>(({ address, bytes }) => {
    this.#giveBack(address, bytes)
  })

  /** @throws {Error} when this machine has no WebAssembly with SIMD */
  constructor() {
    const bytes = readFileSync(new URL('./kernels.wasm', import.meta.url))
    this.exports = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Exports
    this.#end = 16 * Math.ceil(this.exports.__heap_base.value / 16)
    this.#renewViews()
    this.reserveWork(WORK_VALUES)
  }

  /**
   * Zeros that belong to `owner` and are given back when it is gone.
   * @returns their address, a multiple of 16
   * @throws FilterError when there is no memory for them
   */
  allocate(owner: object, bytes: number): number {
    const size = align(bytes)
    const address = this.#take(size)
    this.#owners.register(owner, { address, bytes: size })
    return address
  }

  /** The same for float64, filled with values. */
  allocateValues(owner: object, values: ArrayLike<number>): number {
    const address = this.allocate(owner, 8 * values.length)
    this.f64.set(values, address >> 3)
    return address
  }

  /** Rows of `lanes` values that an area takes. */
  rowsFor(lanes: number): number {
    return Math.max(1, Math.floor(WORK_VALUES / lanes))
  }

  /** Makes every area take so many values. */
  reserveWork(values: number): void {
    if (values <= this.#workValues) return
    const bytes = align(8 * values)
    for (const area of ['raw', 'block', 'result'] as const) {
      if (this.#workValues > 0) this.#giveBack(this[area], align(8 * this.#workValues))
      this[area] = this.#take(bytes)
    }
    this.#workValues = values
  }

  #take(bytes: number): number {
    const known = this.#free.get(bytes)?.pop()
    const address = known ?? this.#end
    if (known === undefined) {
      const missing = Math.ceil((address + bytes - this.exports.memory.buffer.byteLength) / PAGE)
      if (missing > 0) this.#grow(missing, bytes)
      this.#end = address + bytes
    }
    this.f64.fill(0, address >> 3, (address + bytes) >> 3)
    return address
  }

  #grow(pages: number, bytes: number): void {
    try {
      this.exports.memory.grow(pages)
    } catch {
      throw new FilterError("engine 'wasm'", 'memory for its kernels, at most 4 GiB', `none for ${bytes} bytes more`)
    }
    this.#renewViews()
  }

  #giveBack(address: number, bytes: number): void {
    const addresses = this.#free.get(bytes)
    if (addresses === undefined) this.#free.set(bytes, [address])
    else addresses.push(address)
  }

  #renewViews(): void {
    const { buffer } = this.exports.memory
    this.f64 = new Float64Array(buffer)
    this.f32 = new Float32Array(buffer)
    this.i32 = new Int32Array(buffer)
    this.i16 = new Int16Array(buffer)
  }
}

/** Powers of two, so that what one kernel gave back suits another. */
function align(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(bytes, 16)))
}

import { NdArray } from '@nodeacq/ndarray'
import type { StreamFilter } from '../params.ts'

/**
 * What may happen to data between `send` and the wire, in this order: `preFilters`, `offset + scale × value`, gathering
 * of small pieces. Off unless asked for.
 */
export class Stages {
  readonly #filters: readonly StreamFilter[]
  readonly #scaling: Scaling | undefined
  readonly #minimum: number
  #gathered: NdArray[] = []
  #count = 0
  #index = 0

  constructor(options: { filters: readonly StreamFilter[]; scaling: Scaling | undefined; minChunkSize: number }) {
    this.#filters = options.filters
    this.#scaling = options.scaling
    this.#minimum = options.minChunkSize
  }

  get isIdle(): boolean {
    return this.#filters.length === 0 && this.#scaling === undefined && this.#minimum <= 1
  }

  /** Whether what `push` gives is never the memory it got. */
  get copies(): boolean {
    return this.#scaling !== undefined || this.#minimum > 1
  }

  /** The pieces that are ready to be sent now, each with the index of its last sample plus one. */
  push(data: NdArray, index: number): readonly (readonly [index: number, data: NdArray])[] {
    let piece: readonly [number, NdArray] = [index, data]
    for (const filter of this.#filters) piece = filter(...piece)
    const [at, filtered] = piece
    const scaled = this.#scaling ? applyScaling(filtered, this.#scaling) : filtered
    if (this.#minimum <= 1) return [[at, scaled]]
    // What was gathered before a jump belongs to a chunk of its own.
    const before = this.#count > 0 && at - scaled.length !== this.#index ? this.flush() : []
    // The caller may refill its memory once send has resolved, so what waits here is a copy.
    this.#gathered.push(scaled.copy())
    this.#count += scaled.length
    this.#index = at
    return this.#count < this.#minimum ? before : [...before, ...this.flush()]
  }

  /** What was gathered, however little. */
  flush(): readonly (readonly [index: number, data: NdArray])[] {
    const [first] = this.#gathered
    if (first === undefined) return []
    const whole = NdArray.zeros([this.#count, ...first.shape.slice(1)], first.dtype)
    let row = 0
    for (const part of this.#gathered) {
      part.copyTo(whole.slice(row, row + part.length))
      row += part.length
    }
    const index = this.#index
    this.reset()
    return [[index, whole]]
  }

  reset(): void {
    this.#gathered = []
    this.#count = 0
  }
}

/** One factor and one offset for all channels, or one each; channels are the last axis. */
export interface Scaling {
  readonly scale: number | readonly number[]
  readonly offset: number | readonly number[]
}

/** `offset + scale × value` as the dtype of the data. */
function applyScaling(data: NdArray, { scale, offset }: Scaling): NdArray {
  const channels = data.shape.at(-1) ?? 1
  const values = data.astype('float64')
  const items = values.typed() as Float64Array
  for (let i = 0; i < items.length; i++) {
    const channel = i % channels
    const factor = typeof scale === 'number' ? scale : (scale[channel] ?? 1)
    const shift = typeof offset === 'number' ? offset : (offset[channel] ?? 0)
    items[i] = shift + factor * (items[i] ?? 0)
  }
  return values.astype(data.dtype)
}

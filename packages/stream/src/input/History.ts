import type { NdArray, ReadonlyNdArray } from '@nodeacq/ndarray'
import type { Accounting, StreamInfo } from '../params.ts'
import { RingBuffer } from '../RingBuffer.ts'
import type { RingReader } from '../RingBuffer.ts'

/** How an input keeps its history. */
export interface BufferOptions {
  /** Every sample is stored twice, so that any range lies in one piece. Default true. */
  double?: boolean
  /** Order of the axes in memory; default C order. */
  axisOrder?: readonly number[]
  /** What stands for samples that never came; default NaN for floats, 0 for others. */
  fill?: number
}

/** The newest samples of an input: the source's shared ring where it is long enough, else a ring of its own. */
export class History {
  readonly ring: RingReader
  readonly #own: RingBuffer | undefined
  readonly #accounting: Accounting
  readonly #size: number
  #run: number | undefined

  constructor(size: number, info: StreamInfo, options: BufferOptions & { shared: RingReader | undefined }) {
    const { double = true, axisOrder, fill, shared } = options
    this.#size = size
    this.#accounting = info.accounting
    const fits =
      shared !== undefined &&
      (shared.shape[0] ?? 0) >= size &&
      shared.double === double &&
      String(shared.axisOrder ?? '') === String(axisOrder ?? '')
    this.#own = fits
      ? undefined
      : new RingBuffer([size, ...info.shape.slice(1)], info.dtype, {
          double,
          axisOrder: axisOrder ?? null,
          fill: fill ?? null
        })
    this.ring = this.#own ?? (shared as RingReader)
  }

  /** Whether chunks have to be stored here. */
  get isOwn(): boolean {
    return this.#own !== undefined
  }

  store(data: ReadonlyNdArray, index: number, run: number): void {
    if (this.#own === undefined) return
    if (this.#run !== run) this.#own.resetIndex()
    this.#run = run
    const newest = data.length > this.#size ? data.slice(-this.#size) : data
    this.#own.newChunk(newest as NdArray, this.#accounting === 'samples' ? index : undefined)
  }
}

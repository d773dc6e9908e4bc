import { NdArray, type DType, type ReadonlyNdArray } from '@nodeacq/ndarray'

/** What is kept beyond the samples that have to be: no more than so many chunks and bytes. */
export interface SpareLimits {
  readonly chunks: number
  readonly bytes: number
}

interface Piece {
  readonly from: number
  readonly to: number
  readonly data: ReadonlyNdArray
}

/**
 * The newest part of a signal `(samples, channels)`, as the chunks it came in: nothing is copied until it is read. What never
 * came (gaps, the time before the first chunk) reads as filler: NaN for floats, 0 for integers, as in pyacq's ring.
 *
 *   [ chunk ][ chunk ]    gap    [ chunk ][ chunk ]
 *   ^ first                                       ^ head
 */
export class SignalHistory {
  readonly #channelCount: number
  readonly #dtype: DType
  readonly #spare: SpareLimits | undefined
  #samples = 0
  #pieces: Piece[] = []
  #bytes = 0
  #head = 0
  /** Everything before this has been let go of. */
  #goneBefore = -Infinity

  constructor(channelCount: number, dtype: DType, spare?: SpareLimits) {
    this.#channelCount = channelCount
    this.#dtype = dtype
    this.#spare = spare
  }

  /** From now on the newest chunk is held, and so many samples before it. */
  keep(samples: number): void {
    this.#samples = samples
  }

  /** Index of the newest sample, plus one. */
  get head(): number {
    return this.#head
  }

  /** Whether nothing from `from` on has been let go of. */
  holds(from: number): boolean {
    return from >= this.#goneBefore && (this.#spare !== undefined || from >= this.#needed)
  }

  /** The oldest sample that has to be held. */
  get #needed(): number {
    return (this.#pieces.at(-1)?.from ?? 0) - this.#samples
  }

  /** Adds a chunk, whose memory is this history's from now on. `index` is that of its last sample, plus one. */
  push(data: ReadonlyNdArray, index: number): void {
    this.#pieces.push({ from: index - data.length, to: index, data })
    this.#bytes += data.byteLength
    this.#head = index
    this.#trim()
  }

  /** The source begins another run. */
  clear(): void {
    this.#pieces = []
    this.#bytes = 0
    this.#head = 0
    this.#goneBefore = -Infinity
  }

  #trim(): void {
    const { chunks, bytes } = this.#spare ?? { chunks: 0, bytes: 0 }
    const needed = this.#needed
    let count = 0
    let left = this.#bytes
    for (const piece of this.#pieces) {
      const isSpare = this.#pieces.length - count > chunks || left > bytes
      if (piece.to > needed || !isSpare) break
      left -= piece.data.byteLength
      count += 1
    }
    // To move up the list takes longer than a chunk is worth: many at once.
    if (count === 0 || (count < 64 && count < this.#pieces.length / 2)) return
    this.#goneBefore = this.#pieces[count - 1]!.to
    this.#pieces = this.#pieces.slice(count)
    this.#bytes = left
  }

  /**
   * A copy of samples `[from, to)`, shape `(samples, channels)`, and how many of them never came. They have to be held, and
   * to be no newer than `head`.
   */
  read(from: number, to: number): { data: NdArray; missing: number } {
    const data = NdArray.zeros([to - from, this.#channelCount], this.#dtype)
    const pieces = this.#pieces.filter((piece) => piece.to > from && piece.from < to)
    const held = pieces.reduce((sum, piece) => sum + Math.min(piece.to, to) - Math.max(piece.from, from), 0)
    if (held < to - from && this.#dtype.kind === 'f') data.fill(NaN)
    for (const piece of pieces) {
      const start = Math.max(piece.from, from)
      const stop = Math.min(piece.to, to)
      const part = piece.data.slice(start - piece.from, stop - piece.from)
      part.copyTo(data.slice(start - from, stop - from))
    }
    return { data, missing: to - from - held }
  }
}

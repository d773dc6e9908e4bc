import { Level, type Extremes, type Nothing } from './Level.ts'
import { widenFloat32, widenInt16, type Rows } from './widen.ts'

export interface PyramidOptions {
  readonly channels: number
  /** Hz; at 8 kHz and above the narrowest buckets are 16 samples wide, below that one. */
  readonly sampleRate: number
  /** Default `float32`. */
  readonly dtype?: 'int16' | 'float32'
  /** Buckets of each level. Default 8192. */
  readonly capacity?: number
  /** Widths of a factor 4 from one to the next. Default 6. */
  readonly levels?: number
}

/** A run of buckets to be read. */
export interface ColumnRange {
  /** Samples per column: the width of a level or twice that. */
  readonly width: number
  /** Columns `[from, to)`; column j covers samples `[j·width, (j+1)·width)`. */
  readonly from: number
  readonly to: number
  readonly channels: readonly number[]
}

const FACTOR = 4
const CAPACITY = 8192
const LEVELS = 6
/** Hz from which a bucket of one sample would be finer than any screen. */
const FAST = 8000
const FAST_WIDTH = 16

const INT16: Nothing = { min: 32_767, max: -32_768 }
const FLOAT32: Nothing = { min: Infinity, max: -Infinity }

/**
 * Lowest and highest values of a signal at several widths, on a grid that is fixed to the absolute index of samples: the
 * same numbers for everybody who looks, whenever they began to. Samples that never came leave buckets without data.
 *
 * ```
 *   width 16    ▁▂▃▂▁▂▃▅▃▂▁▂▃▂▁▂   newest `capacity` buckets of each
 *   width 64    ▃   ▅   ▃   ▃      four of the level below
 *   width 256   ▅                  … so wider ones reach further back
 * ```
 */
export class Pyramid {
  readonly channels: number
  readonly dtype: 'int16' | 'float32'
  /** What stands for no data. */
  readonly nothing: Nothing
  readonly #levels: readonly Level<Extremes>[]
  #next: number | undefined

  constructor({ channels, sampleRate, dtype = 'float32', capacity = CAPACITY, levels = LEVELS }: PyramidOptions) {
    this.channels = channels
    this.dtype = dtype
    this.nothing = dtype === 'int16' ? INT16 : FLOAT32
    const make = (length: number): Extremes => (dtype === 'int16' ? new Int16Array(length) : new Float32Array(length))
    const empty = make(2 * channels).map((_, k) => (k % 2 === 0 ? this.nothing.min : this.nothing.max))
    const narrowest = sampleRate >= FAST ? FAST_WIDTH : 1
    this.#levels = Array.from(
      { length: levels },
      (_, k) => new Level(narrowest * FACTOR ** k, { capacity, empty, make })
    )
  }

  /** Index of the last sample, plus one; undefined before the first. */
  get next(): number | undefined {
    return this.#next
  }

  /** Samples of the narrowest columns. */
  get narrowest(): number {
    return this.#levels[0]!.width
  }

  /** Forgets everything: the next sample may have any index. */
  clear(): void {
    this.#next = undefined
  }

  /**
   * Takes `rows` rows of samples, of which the last has index `index - 1`. What lies between them and those before is
   * missing. Samples that were there already are left out.
   * @param samples `(rows, channels)`, an Int16Array or Float32Array as `dtype` says
   */
  append(samples: Extremes, rows: number, index: number): void {
    let at = index - rows
    if (this.#next === undefined) this.#begin(at)
    else if (at > this.#next) this.#reach(at)
    let row = Math.max(0, this.#next! - at)
    at += row
    const { width } = this.#levels[0]!
    while (row < rows) {
      const inBucket = width - (at % width)
      const end = Math.min(rows, row + inBucket)
      this.#widen(samples, { from: row, to: end, channels: this.channels })
      at += end - row
      row = end
      this.#next = at
      if (at % width === 0) this.#complete(0, at / width)
    }
  }

  /** Samples up to `index` will not come. */
  skip(index: number): void {
    if (this.#next === undefined || index <= this.#next) return
    this.#reach(index)
  }

  /** The widest columns of at most `samples` samples: those of a level, or two of them at a time. */
  widthFor(samples: number): number {
    let width = this.narrowest
    const widest = 2 * this.#levels.at(-1)!.width
    while (2 * width <= samples && 2 * width <= widest) width *= 2
    return width
  }

  /** As {@link widthFor}, but wide enough to reach back to sample `from`, as far as that is possible. */
  widthReaching(from: number, samples: number): number {
    let width = this.widthFor(samples)
    const widest = this.#levels.at(-1)!.width
    while (width < widest && this.oldest(width) > from) width *= 2
    return width
  }

  /** The first sample that columns of this width still have. */
  oldest(width: number): number {
    const level = this.#levelFor(width)
    return Math.ceil((level.oldest * level.width) / width) * width
  }

  /** The column that is being filled: those before it are complete. */
  head(width: number): number {
    if (this.#next === undefined) return 0
    const level = this.#levelFor(width)
    return Math.floor((level.next * level.width) / width)
  }

  /**
   * Writes columns `[column][channel][min, max]` into `out`, in the order of `channels`. Columns that are not there, and
   * those in which nothing was measured, hold {@link nothing}.
   */
  read({ width, from, to, channels }: ColumnRange, out: Extremes): void {
    const level = this.#levelFor(width)
    const { oldest, next, values } = level
    const pieces = width / level.width
    let k = 0
    for (let column = from; column < to; column++) {
      const first = column * pieces
      for (const channel of channels) {
        let { min, max } = this.nothing
        for (let bucket = first; bucket < first + pieces; bucket++) {
          if (bucket < oldest || bucket >= next) continue
          const at = level.offset(bucket) + 2 * channel
          if (values[at]! < min) min = values[at]!
          if (values[at + 1]! > max) max = values[at + 1]!
        }
        out[k++] = min
        out[k++] = max
      }
    }
  }

  #begin(at: number): void {
    this.#next = at
    for (const level of this.#levels) level.begin(Math.floor(at / level.width))
  }

  #widen(samples: Extremes, rows: Rows): void {
    const level = this.#levels[0]!
    const at = level.offset(level.next)
    if (samples instanceof Int16Array) widenInt16(level.values as Int16Array, at, samples, rows)
    else widenFloat32(level.values as Float32Array, at, samples, rows)
  }

  /** Nothing was measured up to sample `at`. */
  #reach(at: number): void {
    this.#next = at
    const bucket = Math.floor(at / this.#levels[0]!.width)
    if (bucket > this.#levels[0]!.next) this.#complete(0, bucket)
  }

  /** The bucket being filled of level `k` and everything before `bucket` is complete. */
  #complete(k: number, bucket: number): void {
    const level = this.#levels[k]!
    const above = this.#levels[k + 1]
    above?.merge(level.values, level.offset(level.next))
    level.advance(bucket)
    const aboveBucket = Math.floor(bucket / FACTOR)
    if (above !== undefined && aboveBucket > above.next) this.#complete(k + 1, aboveBucket)
  }

  #levelFor(width: number): Level<Extremes> {
    const level = this.#levels.findLast((one) => one.width <= width)
    if (level === undefined || (width !== level.width && width !== 2 * level.width)) {
      const widths = this.#levels.map((one) => `${one.width}, ${2 * one.width}`).join(', ')
      throw new RangeError(`Pyramid: expected columns of ${widths} samples, got ${width}`)
    }
    return level
  }
}

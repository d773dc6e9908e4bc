import type { Extremes } from '../pyramid/Level.ts'
import type { Span } from '../raster/Span.ts'

/** s of samples that are kept as they are, and bytes at most. */
const SECONDS = 12
const MAX_BYTES = 256 * 1024 * 1024

/** The newest samples as they came, for looks that are closer than the narrowest columns. */
export class RawRing {
  readonly capacity: number
  readonly #channels: number
  readonly #samples: Extremes
  /** Samples `[from, to)` that are there; what is missing among them is NaN, or in `#missing`. */
  #from = 0
  #to = 0
  /** Spans of samples that never came, where the type has no NaN. */
  #missing: Span[] = []

  constructor({ channels, sampleRate, dtype }: { channels: number; sampleRate: number; dtype: 'int16' | 'float32' }) {
    const bytes = dtype === 'int16' ? 2 : 4
    const rows = Math.min(Math.ceil(SECONDS * sampleRate), Math.floor(MAX_BYTES / (bytes * channels)))
    this.capacity = Math.max(1, rows)
    this.#channels = channels
    const length = this.capacity * channels
    this.#samples = dtype === 'int16' ? new Int16Array(length) : new Float32Array(length)
  }

  /** The first sample that is still there. */
  get oldest(): number {
    return this.#from
  }

  get next(): number {
    return this.#to
  }

  clear(): void {
    this.#from = 0
    this.#to = 0
    this.#missing = []
  }

  /** Takes `rows` rows, of which the last has index `index - 1`. What lies between them and those before is missing. */
  append(samples: Extremes, rows: number, index: number): void {
    const start = index - rows
    if (this.#to === 0) this.#from = start
    else if (start > this.#to) this.#missing.push({ from: this.#to, to: start })
    const first = Math.max(0, rows - this.capacity)
    for (let row = first; row < rows;) {
      const slot = (start + row) % this.capacity
      const count = Math.min(rows - row, this.capacity - slot)
      const piece = samples.subarray(row * this.#channels, (row + count) * this.#channels)
      this.#samples.set(piece as never, slot * this.#channels)
      row += count
    }
    this.#to = Math.max(this.#to, index)
    this.#from = Math.max(this.#from, this.#to - this.capacity)
    while (this.#missing[0] !== undefined && this.#missing[0].to <= this.#from) this.#missing.shift()
  }

  /** One sample; NaN where there is none. */
  value(index: number, channel: number): number {
    if (index < this.#from || index >= this.#to) return Number.NaN
    if (this.#missing.some(({ from, to }) => index >= from && index < to)) return Number.NaN
    return this.#samples[(index % this.capacity) * this.#channels + channel]!
  }

  /** Columns `[column][channel][min, max]` of `width` samples, as a Pyramid's `read`; `nothing` where there is no sample. */
  read(
    { width, from, to, channels }: { width: number; from: number; to: number; channels: readonly number[] },
    out: Extremes,
    nothing: { min: number; max: number }
  ): void {
    let k = 0
    for (let column = from; column < to; column++) {
      for (const channel of channels) {
        let { min, max } = nothing
        for (let index = column * width; index < (column + 1) * width; index++) {
          const value = this.value(index, channel)
          if (value < min && value !== -Infinity) min = value
          if (value > max && value !== Infinity) max = value
        }
        out[k++] = min
        out[k++] = max
      }
    }
  }
}

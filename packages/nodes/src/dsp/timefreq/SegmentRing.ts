import type { TypedArray } from '@nodeacq/ndarray'

/** The newest samples of each channel as float32; what is not there, or no number, is 0. */
export class SegmentRing {
  readonly #channels: number
  readonly #size: number
  readonly #values: Float32Array
  #end = 0

  constructor(channels: number, size: number) {
    this.#channels = channels
    this.#size = size
    this.#values = new Float32Array(channels * size)
  }

  /** Samples of the run so far, those in gaps included. */
  get end(): number {
    return this.#end
  }

  /** Takes rows `(rows, channels)`. */
  push(values: TypedArray, rows: number): void {
    const channels = this.#channels
    const size = this.#size
    const skipped = Math.max(0, rows - size)
    for (let c = 0; c < channels; c++) {
      let slot = (this.#end + skipped) % size
      for (let row = skipped; row < rows; row++) {
        const value = Number(values[row * channels + c])
        this.#values[c * size + slot] = Number.isFinite(value) ? value : 0
        slot = slot + 1 === size ? 0 : slot + 1
      }
    }
    this.#end += rows
  }

  /** Goes on at `index`; what is missing is 0. */
  skipTo(index: number): void {
    const missing = Math.min(index - this.#end, this.#size)
    this.#end = index - missing
    for (let c = 0; c < this.#channels; c++) {
      for (let k = 0; k < missing; k++) this.#values[c * this.#size + ((this.#end + k) % this.#size)] = 0
    }
    this.#end = index
  }

  /** Copies the `target.length` samples of a channel before `end`; those before the run's first sample are 0. */
  copy(channel: number, end: number, target: Float32Array): void {
    const from = channel * this.#size
    const start = end - target.length
    for (let k = 0; k < target.length; k++) {
      const index = start + k
      target[k] = index < 0 || index < this.#end - this.#size ? 0 : this.#values[from + (index % this.#size)]!
    }
  }
}

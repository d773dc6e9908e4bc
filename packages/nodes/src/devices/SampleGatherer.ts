import { NdArray, parseDType } from '@nodeacq/ndarray'
import type { OutputStream } from '@nodeacq/stream'

export interface SampleGathererOptions {
  /** Numbers of a sample. */
  readonly channels: number
  /** Type of the output: one that JavaScript has an array of. */
  readonly dtype: 'int16' | 'int32' | 'float32' | 'float64'
  /** Samples that are sent together. */
  readonly chunkSize: number
}

/** Gathers samples that come one by one, and sends them as chunks. A jump of the index is a gap that the device made. */
export class SampleGatherer {
  readonly #output: OutputStream
  readonly #chunk: NdArray
  readonly #values: Int16Array | Int32Array | Float32Array | Float64Array
  readonly #channels: number
  #count = 0
  #end = 0

  constructor(output: OutputStream, { channels, dtype, chunkSize }: SampleGathererOptions) {
    this.#output = output
    this.#channels = channels
    this.#chunk = NdArray.zeros([chunkSize, channels], parseDType(dtype))
    this.#values = this.#chunk.typed() as Float64Array
  }

  /** Number of the sample after the newest. */
  get end(): number {
    return this.#end
  }

  /** @param index number of this sample, from 0, more than that of the one before; @param values one per channel */
  async push(index: number, values: ArrayLike<number>): Promise<void> {
    if (index !== this.#end) await this.flush()
    this.#values.set(values, this.#count * this.#channels)
    this.#count += 1
    this.#end = index + 1
    if (this.#count === this.#chunk.length) await this.flush()
  }

  /** Sends what was gathered. The chunk is used again: sending copies it. */
  async flush(): Promise<void> {
    if (this.#count === 0) return
    const chunk = this.#chunk.slice(0, this.#count)
    this.#count = 0
    await this.#output.send(chunk, this.#end)
  }
}

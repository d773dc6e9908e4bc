import type { RecordedStream } from '../files/SampleFile.ts'
import { segmentsOf, type Segment } from '../files/timeline.ts'

/** Rows that are read at once. */
const WINDOW = 16_384

/** Reads the stored numbers of a stream by index, with what is missing filled in. Indexes only go forward. */
export class IndexReader {
  readonly stream: RecordedStream
  /** First index, and the one behind the last. */
  readonly first: number
  readonly end: number
  readonly segments: readonly Segment[]
  #segment = 0
  #window: Float64Array = new Float64Array(0)
  #from = 0
  #to = 0

  constructor(stream: RecordedStream) {
    this.stream = stream
    this.segments = segmentsOf(stream)
    const last = this.segments.at(-1)
    this.first = this.segments[0]?.index ?? 0
    this.end = last === undefined ? this.first : last.index + last.count
  }

  get missing(): number {
    return this.end - this.first - this.stream.sampleCount
  }

  /**
   * Fills `target`, `(count, channels)`, with the samples from `index` on; where one is missing, with the values of `fill`,
   * one per channel.
   */
  async read(target: Float64Array, index: number, count: number, fill: Float64Array): Promise<void> {
    const { channelCount } = this.stream
    let at = index
    const end = index + count
    while (at < end) {
      while (this.#segment < this.segments.length && endOf(this.segments[this.#segment]!) <= at) this.#segment += 1
      const segment = this.segments[this.#segment]
      if (segment === undefined || segment.index > at) {
        const to = Math.min(end, segment?.index ?? end)
        for (; at < to; at++) target.set(fill, (at - index) * channelCount)
        continue
      }
      const row = segment.row + (at - segment.index)
      if (row < this.#from || row >= this.#to) await this.#load(row)
      const rows = Math.min(end, endOf(segment), at + this.#to - row) - at
      const start = (row - this.#from) * channelCount
      target.set(this.#window.subarray(start, start + rows * channelCount), (at - index) * channelCount)
      at += rows
    }
  }

  async #load(row: number): Promise<void> {
    this.#from = row
    this.#to = Math.min(row + WINDOW, this.stream.sampleCount)
    const block = await this.stream.read(this.#from, this.#to, 'digital')
    this.#window = block.astype('float64').typed() as Float64Array
  }
}

function endOf({ index, count }: Segment): number {
  return index + count
}

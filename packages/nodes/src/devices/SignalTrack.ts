import type { RecordedStream, Units } from '../files/SampleFile.ts'
import { segmentsOf, type Segment } from '../files/timeline.ts'
import type { ReplayOutput, ReplayTrack } from './ReplayTrack.ts'

/** Rows sent at once where nothing else limits them. */
const MAX_ROWS = 65_536

/** The samples of one recorded stream, at the time of their index. What the recording does not hold is skipped. */
export class SignalTrack implements ReplayTrack {
  readonly startTime: number
  readonly endTime: number
  readonly #stream: RecordedStream
  readonly #units: Units
  readonly #output: ReplayOutput
  readonly #segments: readonly Segment[]
  #segment = 0
  #row = 0
  #shift = 0

  constructor(stream: RecordedStream, units: Units, output: ReplayOutput) {
    this.#stream = stream
    this.#units = units
    this.#output = output
    this.#segments = segmentsOf(stream)
    const first = this.#segments[0]
    const last = this.#segments.at(-1)
    this.startTime = (first?.index ?? 0) / stream.sampleRate
    this.endTime = last === undefined ? this.startTime : (last.index + last.count) / stream.sampleRate
  }

  get hasMore(): boolean {
    return this.#row < this.#stream.sampleCount
  }

  get nextTime(): number {
    return this.hasMore ? this.#nextIndex / this.#stream.sampleRate : Infinity
  }

  get #nextIndex(): number {
    const { row, index } = this.#segments[this.#segment]!
    return index + (this.#row - row)
  }

  rewind(seconds: number): void {
    this.#segment = 0
    this.#row = 0
    this.#shift = Math.round(seconds * this.#stream.sampleRate)
  }

  async sendUntil(time: number): Promise<boolean> {
    const stop = Math.round(time * this.#stream.sampleRate)
    while (this.hasMore && this.#nextIndex < stop) {
      const { row, count } = this.#segments[this.#segment]!
      const index = this.#nextIndex
      const rows = Math.min(stop - index, row + count - this.#row, MAX_ROWS)
      const data = await this.#stream.read(this.#row, this.#row + rows, this.#units)
      if (this.#row === row) this.#skipTo(index)
      this.#row += rows
      if (this.#row === row + count) this.#segment++
      if (!(await this.#output.send(data, index + rows + this.#shift))) return false
    }
    return true
  }

  /** Declares the gaps in front of this row, each with its cause, and what else is missing before `index`. */
  #skipTo(index: number): void {
    const { stream } = this.#output
    for (const { from, to, cause } of this.#stream.gaps.filter(({ row }) => row === this.#row)) {
      stream.skip({ from: from + this.#shift, to: to + this.#shift, cause })
    }
    const to = index + this.#shift
    stream.skip({ from: Math.min(stream.index, to), to, cause: 'device' })
  }
}

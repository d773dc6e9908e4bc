import type { RecordedStream, Units } from '../files/SampleFile.ts'
import { segmentsOf, type Segment } from '../files/timeline.ts'
import type { RecordedTime } from './RecordedTime.ts'
import type { ReplayOutput, ReplayTrack } from './ReplayTrack.ts'

/** Rows sent at once where nothing else limits them. */
const MAX_ROWS = 65_536

/** The samples of one recorded stream, at their time. What the recording does not hold is skipped. */
export class SignalTrack implements ReplayTrack {
  readonly startTime: number
  readonly endTime: number
  readonly #stream: RecordedStream
  readonly #time: RecordedTime
  readonly #units: Units
  readonly #output: ReplayOutput
  readonly #segments: readonly Segment[]
  #segment = 0
  #row = 0
  #shift = 0
  /** What is in front of the next row was not declared yet. */
  #isBehindGap = true

  constructor(stream: RecordedStream, options: { time: RecordedTime; units: Units; output: ReplayOutput }) {
    this.#stream = stream
    this.#time = options.time
    this.#units = options.units
    this.#output = options.output
    this.#segments = segmentsOf(stream)
    const first = this.#segments[0]
    const last = this.#segments.at(-1)
    this.startTime = this.#time.timeOf(first?.index ?? stream.startIndex)
    this.endTime = last === undefined ? this.startTime : this.#time.timeOf(last.index + last.count)
  }

  get hasMore(): boolean {
    return this.#row < this.#stream.sampleCount
  }

  get nextTime(): number {
    return this.hasMore ? this.#time.timeOf(this.#nextIndex) : Infinity
  }

  get #nextIndex(): number {
    const { row, index } = this.#segments[this.#segment]!
    return index + (this.#row - row)
  }

  rewind(seconds: number): void {
    this.#segment = 0
    this.#row = 0
    this.#shift = Math.round(seconds * this.#time.sampleRate)
    this.#isBehindGap = true
  }

  skipBefore(time: number): void {
    const start = this.#time.indexAt(time)
    while (this.hasMore && this.#nextIndex < start) {
      const { row, index, count } = this.#segments[this.#segment]!
      this.#row = row + Math.min(count, start - index)
      if (this.#row === row + count) this.#segment++
    }
  }

  beginsAnew(): boolean {
    const index = this.#segments[0]?.index
    if (index === undefined || index + this.#shift >= this.#output.stream.index) return false
    this.#output.stream.startRun()
    return true
  }

  async sendUntil(time: number): Promise<boolean> {
    const stop = this.#time.indexAt(time)
    while (this.hasMore && this.#nextIndex < stop) {
      const { row, count } = this.#segments[this.#segment]!
      const index = this.#nextIndex
      const rows = Math.min(stop - index, row + count - this.#row, MAX_ROWS)
      const data = await this.#stream.read(this.#row, this.#row + rows, this.#units)
      if (this.#isBehindGap) this.#skipTo(index)
      this.#row += rows
      this.#isBehindGap = this.#row === row + count
      if (this.#isBehindGap) this.#segment++
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

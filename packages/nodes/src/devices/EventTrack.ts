import type { NdArray } from '@nodeacq/ndarray'
import { readEvents } from '@nodeacq/stream'
import type { RecordedTime } from './RecordedTime.ts'
import type { ReplayOutput, ReplayTrack } from './ReplayTrack.ts'

/** Fields that hold the sample an event belongs to, the first that is there counts: ours, and those of pyacq's nodes. */
const POSITION_FIELDS = ['index', 'pos', 'position', 'sample']

/** Events, each at the time of the sample it belongs to. The index of their stream counts events. */
export class EventTrack implements ReplayTrack {
  readonly #rows: NdArray
  readonly #time: RecordedTime
  readonly #output: ReplayOutput
  /** Name of the field with the sample; undefined where the items are sample numbers themselves. */
  readonly #field: string | undefined
  readonly #positions: Float64Array
  #row = 0
  #shift = 0
  #sent = 0

  /** @param rows all events in order; @param time of the samples that they count */
  constructor(rows: NdArray, time: RecordedTime, output: ReplayOutput) {
    this.#rows = rows
    this.#time = time
    this.#output = output
    this.#field = POSITION_FIELDS.find((name) => rows.dtype.fields?.some((field) => field.name === name))
    this.#positions = Float64Array.from(readEvents(rows), ({ index }) => index)
  }

  get hasMore(): boolean {
    return this.#row < this.#rows.length
  }

  get nextTime(): number {
    return this.hasMore ? this.#time.timeOf(this.#positions[this.#row]!) : Infinity
  }

  rewind(seconds: number): void {
    this.#row = 0
    this.#shift = Math.round(seconds * this.#time.sampleRate)
    this.#sent = this.#output.stream.index
  }

  skipBefore(time: number): void {
    const start = this.#time.indexAt(time)
    while (this.hasMore && this.#positions[this.#row]! < start) this.#row++
  }

  /** The signals that the events count have begun a new run. */
  beginRun(): void {
    this.#output.stream.startRun()
  }

  async sendUntil(time: number): Promise<boolean> {
    const stop = this.#time.indexAt(time)
    const from = this.#row
    while (this.hasMore && this.#positions[this.#row]! < stop) this.#row++
    if (this.#row === from) return true
    const events = this.#rows.slice(from, this.#row).copy()
    if (this.#shift !== 0) this.#move(events, from)
    this.#sent += events.length
    return await this.#output.send(events, this.#sent)
  }

  #move(events: NdArray, from: number): void {
    if (this.#field === undefined && !'iu'.includes(events.dtype.kind)) return
    const column = this.#field === undefined ? events : events.field(this.#field)
    for (let k = 0; k < events.length; k++) column.set(this.#positions[from + k]! + this.#shift, k)
  }
}

import type { Exporter, ExportEvent } from './Exporter.ts'
import type { Section } from './sections.ts'
import type { StreamSlice } from './StreamSlice.ts'

/** Bytes of all streams that are read in one turn. */
const WINDOW_BYTES = 4 << 20

/** Gives all of a section to an exporter, in windows of time: events, then samples and gaps of one stream after the other. */
export async function pump(
  exporter: Exporter,
  { slices }: Section,
  { events, progress }: { events: readonly ExportEvent[]; progress?: ((bytes: number) => void) | undefined }
): Promise<void> {
  const cursors = slices.map((slice, k) => new SliceCursor(slice, k, exporter))
  const window = WINDOW_BYTES / cursors.reduce((sum, { rowBytes, slice }) => sum + slice.rate * rowBytes, 0)
  let told = 0
  for (;;) {
    const next = Math.min(...cursors.map(({ time }) => time))
    const end = next === Infinity ? Infinity : next + window
    while (told < events.length) {
      const event = events[told]!
      if (slices[event.stream]!.timeOf(event.index) >= end) break
      await exporter.event(event)
      told += 1
    }
    if (next === Infinity) break
    for (const cursor of cursors) await cursor.writeUntil(end, progress)
  }
  for (const cursor of cursors) await cursor.tellGaps()
}

/** How far one stream is. */
class SliceCursor {
  readonly slice: StreamSlice
  readonly rowBytes: number
  readonly #place: number
  readonly #exporter: Exporter
  #segment = 0
  /** Of the segment. */
  #done = 0
  #gap = 0

  constructor(slice: StreamSlice, place: number, exporter: Exporter) {
    this.slice = slice
    this.#place = place
    this.#exporter = exporter
    const { dtype, sampleShape } = slice.stream
    this.rowBytes = sampleShape.reduce((size, length) => size * length, dtype.itemSize)
  }

  /** s from the start of the recording to the next sample; infinite behind the last */
  get time(): number {
    const segment = this.slice.segments[this.#segment]
    return segment === undefined ? Infinity : this.slice.timeOf(segment.index + this.#done)
  }

  async writeUntil(time: number, progress: ((bytes: number) => void) | undefined): Promise<void> {
    const { segments, stream } = this.slice
    const end = this.slice.indexAt(time)
    const most = Math.max(1, Math.floor(WINDOW_BYTES / this.rowBytes))
    for (let segment = segments[this.#segment]; segment !== undefined; segment = segments[this.#segment]) {
      const index = segment.index + this.#done
      const row = segment.row + this.#done
      // At least one row, lest a window that is shorter than a sample stands still.
      const count = Math.min(Math.max(end, this.time < time ? index + 1 : 0) - index, segment.count - this.#done, most)
      if (count <= 0) return
      if (this.#done === 0) await this.tellGaps(row)
      const block = await stream.read(row, row + count, 'digital')
      await this.#exporter.samples(
        this.#place,
        index,
        block.dtype.isNative ? block : block.astype(stream.dtype.toNative())
      )
      progress?.(count * this.rowBytes)
      this.#done += count
      if (this.#done === segment.count) {
        this.#segment += 1
        this.#done = 0
      }
    }
  }

  /** Tells of the gaps before a row. */
  async tellGaps(row = Infinity): Promise<void> {
    const { gaps } = this.slice
    for (; this.#gap < gaps.length && gaps[this.#gap]!.row <= row; this.#gap++) {
      const { from, to, cause } = gaps[this.#gap]!
      await this.#exporter.gap(this.#place, { from, to, cause })
    }
  }
}

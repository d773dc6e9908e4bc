/**
 * Writes BrainVision Core Data Format 1.0: header and markers as text, samples multiplexed. The header never changes, samples
 * and whole lines of markers are added at the end, so that a triple can be read at any moment.
 */
import { rm } from 'node:fs/promises'
import { basename } from 'node:path'
import type { NdArray } from '@nodeacq/ndarray'
import { addSeconds } from '../../files/localTime.ts'
import { streamConversion } from '../Conversion.ts'
import type {
  Exporter,
  ExportEvent,
  ExportGap,
  ExportHead,
  ExportResult,
  ExportStream,
  ExportTarget
} from '../Exporter.ts'
import { OutputFile } from '../../files/output/OutputFile.ts'
import { whyNotSignal } from '../whyNotSignal.ts'
import { BrainVisionEncoder } from './BrainVisionEncoder.ts'
import { headerText, markerHead, markerLine, markerOf, type Marker } from './texts.ts'

/** Bytes of zeros that are written at once. */
const FILL_BYTES = 1 << 20

class BrainVisionExporter implements Exporter {
  readonly files: readonly string[]
  readonly #stream: ExportStream
  readonly #head: ExportHead
  readonly #encoder: BrainVisionEncoder
  readonly #data: OutputFile
  readonly #markers: OutputFile
  readonly #rowBytes: number
  /** Stretches without a gap, of which row `row` holds sample `index`. */
  readonly #segments: { row: number; index: number }[]
  /** Not in the file yet. */
  #events: ExportEvent[] = []
  #pending: Marker[] = []
  #rows = 0
  #next: number
  #markerCount = 0
  #eventCount = 0
  #gaps = { count: 0, samples: 0 }
  #isClosed = false

  private constructor(files: readonly OutputFile[], head: ExportHead, encoder: BrainVisionEncoder) {
    this.files = files.map(({ path }) => path)
    this.#head = head
    this.#stream = head.streams[0]!
    this.#encoder = encoder
    this.#data = files[2]!
    this.#markers = files[1]!
    this.#rowBytes = this.#stream.channelCount * (encoder.encoding.format === 'INT_16' ? 2 : 4)
    this.#next = this.#stream.startIndex
    this.#segments = [{ row: 0, index: this.#next }]
    this.#pending.push(this.#segmentMarker(0, this.#next))
  }

  /** @throws RecorderError */
  static async open(path: string, head: ExportHead): Promise<BrainVisionExporter> {
    const stream = head.streams[0]!
    const encoder = new BrainVisionEncoder(stream)
    const files: OutputFile[] = []
    try {
      for (const each of filesOf(path)) files.push(await OutputFile.create(each))
      const base = basename(path, '.vhdr')
      const provenance = Object.entries(head.provenance).map(([key, value]) => `${key}: ${value}`)
      const comments = [`stream ${stream.name}`, ...provenance].map((line) => line.replaceAll(/[\r\n]+/g, ' '))
      await files[0]!.append(Buffer.from(headerText(stream, encoder.encoding, { base, comments })))
      await files[1]!.append(Buffer.from(markerHead(base)))
      const exporter = new BrainVisionExporter(files, head, encoder)
      await exporter.sync()
      await files[0]!.sync()
      await files[0]!.close()
      return exporter
    } catch (error) {
      for (const file of files) {
        await file.close()
        await rm(file.path, { force: true })
      }
      throw error
    }
  }

  async samples(_stream: number, index: number, block: NdArray): Promise<void> {
    await this.#data.append(this.#encoder.encode(block, index))
    this.#rows += block.length
    this.#next = index + block.length
  }

  async gap(_stream: number, { from, to, cause }: ExportGap): Promise<void> {
    const count = to - from
    this.#gaps = { count: this.#gaps.count + 1, samples: this.#gaps.samples + count }
    const lost = { type: 'Comment', description: `gap: ${count} samples lost (${cause})`, row: this.#rows, points: 1 }
    if (this.#head.gaps === 'native') {
      this.#segments.push({ row: this.#rows, index: to })
      this.#pending.push(this.#segmentMarker(this.#rows, to), lost)
    } else {
      this.#pending.push({ type: 'Bad Interval', description: 'gap', row: this.#rows, points: count }, lost)
      await this.#fill(count)
    }
    this.#next = to
  }

  async event(event: ExportEvent): Promise<void> {
    this.#events.push(event)
    return await Promise.resolve()
  }

  async sync(): Promise<void> {
    await this.#data.sync()
    await this.#writeMarkers(false)
    await this.#markers.sync()
  }

  async close(): Promise<ExportResult> {
    await this.#writeMarkers(true)
    await this.#data.sync()
    await this.#markers.sync()
    await this.abort()
    const { isExact, maxError, clipped } = this.#encoder
    const units = this.#stream.channelInfo.flatMap(({ name, unit = '' }) =>
      unit === '' ? [[name, 'µV'] as const] : []
    )
    const conversion = streamConversion(this.#stream.name, {
      isExact,
      rounding: { step: 0, maxError },
      clipped,
      unitsChanged: Object.fromEntries(units),
      gaps: { mode: this.#head.gaps, ...this.#gaps }
    })
    return { streams: [conversion], events: this.#eventCount, dropped: [] }
  }

  async abort(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#data.close()
    await this.#markers.close()
  }

  async #fill(count: number): Promise<void> {
    const rows = Math.max(1, Math.floor(FILL_BYTES / this.#rowBytes))
    const zeros = new Uint8Array(Math.min(rows, count) * this.#rowBytes)
    for (let done = 0; done < count; done += rows) {
      await this.#data.append(zeros.subarray(0, Math.min(rows, count - done) * this.#rowBytes))
    }
    this.#rows += count
  }

  /** @param isLast events behind the last sample are written too */
  async #writeMarkers(isLast: boolean): Promise<void> {
    const isDue = ({ index }: ExportEvent): boolean => isLast || index < this.#next
    for (const event of this.#events) if (isDue(event)) this.#pending.push(this.#eventMarker(event))
    this.#events = this.#events.filter((event) => !isDue(event))
    if (this.#pending.length === 0) return
    const lines = this.#pending
      .toSorted((a, b) => a.row - b.row)
      .map((marker, k) => markerLine(this.#markerCount + k + 1, marker))
    await this.#markers.append(Buffer.from(lines.join('')))
    this.#markerCount += this.#pending.length
    this.#pending = []
  }

  #eventMarker(event: ExportEvent): Marker {
    this.#eventCount += 1
    const row = this.#rowOf(event.index)
    return { ...markerOf(event), row, points: Math.max(1, Math.round(event.duration)) }
  }

  /** Of a sample that is not in the file, the row of the next that is. */
  #rowOf(index: number): number {
    const k = this.#segments.findLastIndex((segment) => segment.index <= index)
    if (k < 0) return 0
    const { row, index: first } = this.#segments[k]!
    const end = this.#segments[k + 1]?.row ?? Infinity
    return Math.min(row + index - first, end, Math.max(0, this.#rows - 1))
  }

  #segmentMarker(row: number, index: number): Marker {
    const { startIndex, sampleRate, offset } = this.#stream
    const { startTime } = this.#head
    const date = startTime && addSeconds(startTime, offset + (index - startIndex) / sampleRate)
    return { type: 'New Segment', description: '', row, points: 1, date }
  }
}

/** BrainVision Core 1.0. */
export const brainVisionTarget: ExportTarget = {
  name: 'brainvision',
  description: 'BrainVision: header, markers and samples in three files; three more for each further stream',
  extension: '.vhdr',
  gaps: ['fill', 'native', 'split'],
  holdsOneStream: true,
  filesOf,
  whyNot: whyNotSignal,
  open: (path, head) => BrainVisionExporter.open(path, head)
}

function filesOf(path: string): string[] {
  return ['.vhdr', '.vmrk', '.eeg'].map((extension) => path.replace(/\.vhdr$/, extension))
}

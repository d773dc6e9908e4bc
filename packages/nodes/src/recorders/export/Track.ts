import { parseDType, NdArray, type DTypeLike, type ReadonlyNdArray } from '@nodeacq/ndarray'
import type { Chunk, InputStream, StreamInfo } from '@nodeacq/stream'
import type { ClockMark, Exporter, ExportStream } from '../../convert/Exporter.ts'
import { channelsOf } from '../../files/mcap/channelsOf.ts'
import { channelMetadata } from '../log/topics.ts'
import { toNanoseconds } from '../log/utcNow.ts'

/** ms from one mark of a stream's clock to the next, as LabRecorder's. */
const MARK_INTERVAL = 5000

/** One input on its way into a file. */
export class Track {
  readonly name: string
  readonly input: InputStream
  readonly stream: ExportStream
  readonly exporter: Exporter
  /** Among the streams of the exporter. */
  readonly place: number
  /** Of the source; undefined before the first chunk. */
  run: number | undefined
  /** Index in the file of the next sample. */
  next: number
  /** From an index of the source to that in the file. */
  #shift = 0
  #lastCame = performance.now()
  /** Samples that came when their place was filled. */
  late = 0
  #acknowledged = -1
  #markedAt = -Infinity

  constructor(name: string, input: InputStream, parts: { stream: ExportStream; exporter: Exporter; place: number }) {
    this.name = name
    this.input = input
    this.stream = parts.stream
    this.exporter = parts.exporter
    this.place = parts.place
    this.next = parts.stream.startIndex
  }

  /** s from the start of the file to the next sample */
  get time(): number {
    return this.stream.offset + (this.next - this.stream.startIndex) / this.stream.sampleRate
  }

  /** ms since anything came */
  get silence(): number {
    return performance.now() - this.#lastCame
  }

  /** Lets a stream that was not there when the file began enter at a time, s from the start of the file. */
  async enter(first: number, time: number): Promise<void> {
    const at = Math.max(this.next, Math.round(time * this.stream.sampleRate))
    this.#shift = at - first
    if (at > this.next) await this.skip(at, 'late start')
  }

  async take({ data, index, gaps, run }: Chunk): Promise<void> {
    this.#lastCame = performance.now()
    this.run = run
    for (const { from, to, cause } of gaps) {
      const end = to + this.#shift
      if (end > this.next && from + this.#shift >= this.stream.startIndex) await this.skip(end, cause)
    }
    const first = index - data.length + this.#shift
    if (first > this.next) await this.skip(first, 'device')
    const done = Math.min(data.length, this.next - first)
    this.late += done
    if (done === data.length) return
    await this.exporter.samples(this.place, this.next, nativeBlock(data, done))
    this.next = first + data.length
  }

  /** Samples before `to` will not come. */
  async skip(to: number, cause: string): Promise<void> {
    await this.exporter.gap(this.place, { from: this.next, to, cause })
    this.next = to
  }

  /** When the newest sample was, by the stream's clock; nothing where that is not known, or was asked for a moment ago. */
  clockMark(): ClockMark | undefined {
    if (this.run === undefined || performance.now() - this.#markedAt < MARK_INTERVAL) return undefined
    const index = this.next - 1
    const wall = this.input.clock.wallTimeOf(index - this.#shift, this.run)
    if (wall === undefined) return undefined
    this.#markedAt = performance.now()
    return { index, utc: toNanoseconds(wall.time) }
  }

  /** An index of the source as one in the file. */
  indexInFile(index: number): number {
    return index + this.#shift
  }

  /** Tells the source what is in the file. @param isAll the file is closed */
  acknowledge(isAll = false): void {
    if (this.run === undefined) return
    const written = isAll ? this.next : (this.exporter.writtenUntil?.(this.place) ?? this.next)
    if (written <= this.#acknowledged) return
    this.#acknowledged = written
    this.input.acknowledge(written - this.#shift, this.run)
  }
}

/** What an exporter is told of an input. */
export function describeInput(name: string, info: StreamInfo): Omit<ExportStream, 'startIndex' | 'offset'> {
  const sampleShape = info.shape.slice(1)
  const channelCount = sampleShape.at(-1) ?? 1
  return {
    name,
    streamType: info.streamType,
    dtype: parseDType(info.dtype as DTypeLike).toNative(),
    sampleShape,
    channelCount,
    // Where each message is a sample, they come when they like.
    sampleRate: info.accounting === 'samples' ? info.sampleRate : 0,
    channelInfo: channelsOf(channelMetadata(info, 0), channelCount)
  }
}

/** Rows from `from` on, as exporters take them. */
function nativeBlock(data: ReadonlyNdArray, from: number): NdArray {
  const part = from === 0 ? data : data.slice(from)
  const native = part.dtype.isNative ? part : part.astype(part.dtype.toNative().name as DTypeLike)
  const bytes = native.isContiguous ? native.bytes() : native.copy().bytes()
  return NdArray.fromBuffer(bytes as Uint8Array<ArrayBuffer>, { dtype: native.dtype, shape: [...native.shape] })
}

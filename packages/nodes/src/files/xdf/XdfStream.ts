import { NdArray, parseDType, type DType } from '@nodeacq/ndarray'
import { applyScaling } from '../applyScaling.ts'
import { checkRange } from '../checkRange.ts'
import type { OpenFile } from '../OpenFile.ts'
import type { RecordedChannel, RecordedGap, RecordedStream, Units } from '../SampleFile.ts'
import { indexOfRow, segmentsOf, type Segment } from '../timeline.ts'
import { NUMBER_FORMATS, STAMPED, walkNumbers } from './chunks.ts'
import { itemSizeOf, type StreamHeader } from './header.ts'
import { StampTrack } from './StampTrack.ts'

/** A chunk of samples in the file. */
interface StoredBlock {
  readonly row: number
  readonly count: number
  /** Of the first sample, and how many bytes all of them are. */
  readonly position: number
  readonly bytes: number
  /** s, of the first sample */
  readonly time: number
  /** Samples that bear a time. */
  readonly stamped: 'first' | 'all' | 'some'
}

/** A stream of numbers at a regular rate. */
export class XdfStream implements RecordedStream {
  readonly name: string
  readonly streamType: string
  readonly dtype: DType
  readonly physicalDType: DType
  readonly sampleShape: readonly number[]
  readonly channelCount: number
  readonly sampleRate: number
  readonly channelInfo: readonly RecordedChannel[]
  readonly header: StreamHeader
  readonly times: StampTrack
  sampleCount = 0
  startIndex = 0
  offset = 0
  gaps: readonly RecordedGap[] = []
  readonly #file: OpenFile
  readonly #stored: DType
  readonly #rowBytes: number
  readonly #blocks: StoredBlock[] = []
  #segments: readonly Segment[] = []

  constructor(file: OpenFile, name: string, header: StreamHeader) {
    this.#file = file
    this.name = name
    this.header = header
    const { own, channels, nominalRate, format, channelCount, canDropSamples } = header
    this.streamType = own?.streamType ?? 'analogsignal'
    this.#stored = parseDType(NUMBER_FORMATS[format as keyof typeof NUMBER_FORMATS])
    this.dtype = narrowerType(own?.dtype, this.#stored)
    this.sampleShape = own?.shape ?? [channelCount]
    this.channelCount = this.sampleShape.at(-1) ?? 1
    this.sampleRate = nominalRate
    this.channelInfo = channels
    const isScaled = channels.some(({ gain, offset }) => gain !== undefined || offset !== undefined)
    this.physicalDType = isScaled && this.sampleShape.length <= 1 ? parseDType('float64') : this.dtype
    this.#rowBytes = channelCount * itemSizeOf(format)
    this.times = new StampTrack(nominalRate, { grid: own, isTrue: canDropSamples })
  }

  /** Takes a chunk of the file. @param at of the first sample in `content`. @param position of it in the file */
  add(content: Buffer, { at, count, position }: { at: number; count: number; position: number }): void {
    if (count === 0) return
    const row = this.sampleCount
    const time = content[at] === STAMPED ? content.readDoubleLE(at + 1) : this.times.nextTime
    walkNumbers(content, { at, count, rowBytes: this.#rowBytes }, (k, stamp) => this.times.stamp(row + k, stamp))
    this.sampleCount += count
    this.times.rows = this.sampleCount
    const bytes = content.length - at
    const stamps = (bytes - count * (1 + this.#rowBytes)) / 8
    const stamped = stamps === count ? 'all' : stamps === 1 && content[at] === STAMPED ? 'first' : 'some'
    this.#blocks.push({ row, count, position, bytes, time, stamped })
  }

  /** Says what is missing. @param offset s from the start of the recording to the first sample */
  place(offset: number, gaps: readonly RecordedGap[]): void {
    this.startIndex = this.times.startIndex
    this.offset = offset
    this.gaps = gaps
    this.#segments = segmentsOf(this)
  }

  /** Index of the sample at a time of the stream's clock, in s. */
  indexAt(time: number): number {
    const block = this.#blocks[this.#lastBlock((each) => each.time <= time)]
    if (block === undefined) return this.startIndex
    return indexOfRow(this.#segments, block.row) + Math.round((time - block.time) * this.sampleRate)
  }

  async read(from: number, to: number, units: Units): Promise<NdArray> {
    checkRange(this, from, to)
    const stored = NdArray.zeros([to - from, ...this.sampleShape], this.#stored)
    const bytes = stored.bytes()
    for (let row = from, k = this.#lastBlock((each) => each.row <= from); row < to; k++) {
      const block = this.#blocks[k]!
      const end = Math.min(to, block.row + block.count)
      const first = this.#offsetOf(block, row - block.row)
      const last = this.#offsetOf(block, end - block.row)
      const content = await this.#file.read(block.position + first.at, last.at - first.at)
      copyRows(content, bytes.subarray((row - from) * this.#rowBytes, (end - from) * this.#rowBytes), {
        skip: first.skip,
        rowBytes: this.#rowBytes
      })
      row = end
    }
    const values = this.dtype === this.#stored ? stored : stored.astype(this.dtype)
    return units === 'digital' || this.physicalDType === this.dtype ? values : applyScaling(values, this.channelInfo)
  }

  /** Where in a block its `k`th sample is, or one from which it is so many samples on. */
  #offsetOf({ count, bytes, stamped }: StoredBlock, k: number): { at: number; skip: number } {
    if (k === count) return { at: bytes, skip: 0 }
    if (stamped === 'all') return { at: k * (9 + this.#rowBytes), skip: 0 }
    if (stamped === 'first') return { at: k * (1 + this.#rowBytes) + (k === 0 ? 0 : 8), skip: 0 }
    return { at: 0, skip: k }
  }

  /** The last block that is so, by halving; the first where none is. */
  #lastBlock(isBefore: (block: StoredBlock) => boolean): number {
    let low = 0
    let high = this.#blocks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (isBefore(this.#blocks[middle]!)) low = middle
      else high = middle - 1
    }
    return low
  }
}

/** Copies the values of samples from the `skip`th on, until `target` is full. */
function copyRows(
  content: Uint8Array,
  target: Uint8Array,
  { skip, rowBytes }: { skip: number; rowBytes: number }
): void {
  let at = 0
  for (let row = 0; row < skip; row++) at += 1 + content[at]! + rowBytes
  for (let to = 0; to < target.length;) {
    at += 1 + content[at]!
    for (const end = to + rowBytes; to < end;) target[to++] = content[at++]!
  }
}

/** The type that the numbers had before XDF's took their place; XDF has none without sign. */
function narrowerType(name: string | undefined, stored: DType): DType {
  const narrower = { uint8: 'int16', bool: 'int8', uint16: 'int32', uint32: 'int64' }[name ?? '']
  return narrower === stored.name ? parseDType(name!) : stored
}

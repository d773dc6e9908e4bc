import { NdArray, parseDType, type DType } from '@nodeacq/ndarray'
import { applyScaling } from './applyScaling.ts'
import { checkRange } from './checkRange.ts'
import type { OpenFile } from './OpenFile.ts'
import type { RecordedChannel, RecordedGap, RecordedStream, Units } from './SampleFile.ts'
import type { Segment } from './timeline.ts'

/** One flat file of int16, little-endian, channel after channel of each sample, and which samples it holds. */
export interface StreamPart {
  readonly file: OpenFile
  /** Rows count from the start of this file. */
  readonly segments: readonly Segment[]
}

export interface StreamInParts {
  readonly name: string
  readonly sampleRate: number
  readonly channelInfo: readonly RecordedChannel[]
  readonly parts: readonly StreamPart[]
  /** s at the first sample, by the clock of the recording; default index / rate */
  readonly time?: number | undefined
}

/** A stream that is spread over several flat files, each behind the one before. */
export class PartsStream implements RecordedStream {
  readonly name: string
  readonly streamType = 'analogsignal'
  readonly dtype: DType = parseDType('int16')
  readonly physicalDType: DType = parseDType('float64')
  readonly sampleShape: readonly number[]
  readonly channelCount: number
  readonly sampleRate: number
  readonly channelInfo: readonly RecordedChannel[]
  readonly sampleCount: number
  readonly startIndex: number
  readonly offset: number
  readonly gaps: readonly RecordedGap[]
  readonly #places: readonly { readonly file: OpenFile; readonly row: number; readonly count: number }[]

  /** What lies before the end of what came before is put behind it, with a sentence in `warnings`. */
  private constructor({ parts, ...about }: StreamInParts, offset: number, warnings: string[]) {
    this.name = about.name
    this.sampleRate = about.sampleRate
    this.channelInfo = about.channelInfo
    this.channelCount = about.channelInfo.length
    this.sampleShape = [this.channelCount]
    this.startIndex = firstIndex(parts)
    this.offset = offset
    const places = []
    const gaps: RecordedGap[] = []
    let row = 0
    let next = this.startIndex
    for (const { file, segments } of parts) {
      const start = row
      for (const { index, count } of segments) {
        if (index > next) gaps.push({ from: next, to: index, row, cause: 'device' })
        if (index < next) {
          warnings.push(`${file.path}: sample ${index} comes after sample ${next - 1}; read without a gap`)
        }
        next = Math.max(index, next) + count
        row += count
      }
      places.push({ file, row: start, count: row - start })
    }
    this.#places = places
    this.sampleCount = row
    this.gaps = gaps
  }

  /** The recording starts with the first sample of any of them. */
  static make(streams: readonly StreamInParts[], warnings: string[]): PartsStream[] {
    const filled = streams.filter(({ parts }) => parts.some(({ segments }) => segments.length > 0))
    // One clock for all, or none.
    const isTimed = filled.every(({ time }) => time !== undefined)
    const timeOf = ({ parts, sampleRate, time }: StreamInParts): number =>
      isTimed && time !== undefined ? time : firstIndex(parts) / sampleRate
    const start = Math.min(...filled.map(timeOf))
    return streams.map((each) => new PartsStream(each, filled.includes(each) ? timeOf(each) - start : 0, warnings))
  }

  async read(from: number, to: number, units: Units): Promise<NdArray> {
    checkRange(this, from, to)
    const rowBytes = this.channelCount * 2
    const bytes = new Uint8Array((to - from) * rowBytes)
    for (const { file, row, count } of this.#places) {
      const [first, end] = [Math.max(from, row), Math.min(to, row + count)]
      if (first >= end) continue
      await file.readInto(bytes.subarray((first - from) * rowBytes, (end - from) * rowBytes), (first - row) * rowBytes)
    }
    const stored = NdArray.fromBuffer(bytes, { dtype: '<i2', shape: [to - from, this.channelCount] })
    return units === 'digital' ? stored : applyScaling(stored, this.channelInfo)
  }
}

function firstIndex(parts: readonly StreamPart[]): number {
  return parts.find(({ segments }) => segments.length > 0)?.segments[0]?.index ?? 0
}

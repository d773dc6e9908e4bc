import { parseDType, type DType, type NdArray } from '@nodeacq/ndarray'
import { applyScaling } from './applyScaling.ts'
import { checkRange } from './checkRange.ts'
import type { RecordedChannel, RecordedGap, RecordedStream, Units } from './SampleFile.ts'
import type { Segment } from './timeline.ts'

/** `[from, to)` in samples. */
export interface LostSamples {
  readonly from: number
  readonly to: number
  readonly cause: string
}

export interface IndexedStreamOptions {
  readonly name: string
  readonly streamType: string
  readonly dtype: DType
  readonly sampleShape: readonly number[]
  readonly sampleRate: number
  readonly channelInfo: readonly RecordedChannel[]
  readonly offset: number
  /** In the order of rows, without holes between the rows. */
  readonly segments: readonly Segment[]
  /** Why samples are missing, where that is known. */
  readonly lost: readonly LostSamples[]
  /** Rows `[from, to)`, which are there, as a fresh array `(rows, ...sampleShape)` of `dtype`. */
  readonly readRows: (from: number, to: number) => Promise<NdArray>
}

/** A stream of a file that says by segments which sample each row holds. */
export class IndexedStream implements RecordedStream {
  readonly name: string
  readonly streamType: string
  readonly dtype: DType
  readonly physicalDType: DType
  readonly sampleShape: readonly number[]
  readonly channelCount: number
  readonly sampleRate: number
  readonly channelInfo: readonly RecordedChannel[]
  readonly sampleCount: number
  readonly startIndex: number
  readonly offset: number
  readonly gaps: readonly RecordedGap[]
  readonly #readRows: IndexedStreamOptions['readRows']

  constructor({ segments, lost, readRows, ...facts }: IndexedStreamOptions) {
    this.name = facts.name
    this.streamType = facts.streamType
    this.dtype = facts.dtype
    this.sampleShape = facts.sampleShape
    this.channelCount = facts.sampleShape.at(-1) ?? 1
    this.sampleRate = facts.sampleRate
    this.channelInfo = facts.channelInfo
    this.offset = facts.offset
    const isNumber = 'iufb'.includes(facts.dtype.kind)
    const isScaled =
      isNumber && facts.channelInfo.some(({ gain, offset }) => gain !== undefined || offset !== undefined)
    this.physicalDType = isScaled ? parseDType('float64') : facts.dtype
    this.startIndex = segments[0]?.index ?? 0
    this.sampleCount = segments.reduce((rows, { count }) => rows + count, 0)
    this.gaps = gapsOf(segments, lost)
    this.#readRows = readRows
  }

  async read(from: number, to: number, units: Units): Promise<NdArray> {
    checkRange(this, from, to)
    const stored = await this.#readRows(from, to)
    return units === 'digital' || this.physicalDType === this.dtype ? stored : applyScaling(stored, this.channelInfo)
  }
}

/** The gaps that are told, and between segments those that are not. */
function gapsOf(segments: readonly Segment[], lost: readonly LostSamples[]): RecordedGap[] {
  const last = segments.at(-1)
  const end = last === undefined ? 0 : last.row + last.count
  const start = segments[0]?.index ?? 0
  const told = lost
    .filter(({ from }) => from >= start)
    .map((gap) => ({ ...gap, row: segments.find(({ index }) => index >= gap.to)?.row ?? end }))
  const untold = segments.slice(1).flatMap(({ row, index }, k) => {
    const from = segments[k]!.index + segments[k]!.count
    return from === index || told.some((gap) => gap.row === row) ? [] : [{ from, to: index, row, cause: 'unknown' }]
  })
  return [...told, ...untold].toSorted((a, b) => a.from - b.from)
}

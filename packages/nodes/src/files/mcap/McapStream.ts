import { NdArray, parseDType, type DType, type DTypeLike } from '@nodeacq/ndarray'
import { RecordingFileError } from '../../errors.ts'
import { applyScaling } from '../applyScaling.ts'
import { checkRange } from '../checkRange.ts'
import type { RecordedChannel, RecordedGap, RecordedStream, Units } from '../SampleFile.ts'
import { segmentsOf, type Segment } from '../timeline.ts'
import { channelsOf } from './channelsOf.ts'
import type { ChunkReader, PlacedBlock } from './ChunkReader.ts'
import type { Channel } from './records.ts'

/** The chunks that hold samples of a stream, in order. */
export interface StreamPlaces {
  readonly count: number
  /** Of the k-th chunk. */
  offsetOf(k: number): number
  /** Index of the stream's first sample in the k-th chunk. */
  indexOf(k: number): Promise<number>
}

/** What is known of a stream's samples when the file is open. */
export interface StreamExtent {
  readonly places: StreamPlaces
  /** Index of the first sample. */
  readonly startIndex: number
  /** Samples that are there. */
  readonly sampleCount: number
  readonly gaps: readonly { readonly from: number; readonly to: number; readonly cause: string }[]
}

/** One stream of samples in a recording of the Recorder. Blocks are found when they are read. */
export class McapStream implements RecordedStream {
  readonly name: string
  readonly topic: string
  readonly streamType: string
  readonly dtype: DType
  readonly physicalDType: DType
  readonly sampleShape: readonly number[]
  readonly channelCount: number
  readonly sampleRate: number
  readonly channelInfo: readonly RecordedChannel[]
  readonly gaps: readonly RecordedGap[]
  readonly sampleCount: number
  readonly startIndex: number
  readonly offset: number
  readonly #chunks: ChunkReader
  readonly #channelId: number
  readonly #places: StreamPlaces
  readonly #segments: readonly Segment[]
  readonly #rowBytes: number

  constructor(
    chunks: ChunkReader,
    { id, topic, metadata }: Channel,
    extent: StreamExtent & { readonly offset: number }
  ) {
    this.#chunks = chunks
    this.#channelId = id
    this.topic = topic
    this.name = topic.replace(/^\//, '').replace(/\/samples$/, '')
    this.streamType = metadata['streamType'] ?? 'analogsignal'
    this.dtype = dtypeOf(chunks.file.path, topic, metadata['dtype'])
    this.sampleShape = sampleShapeOf(metadata)
    this.channelCount = this.sampleShape.at(-1) ?? 1
    this.sampleRate = Number(metadata['sampleRate'] ?? 0)
    this.channelInfo = channelsOf(metadata, this.channelCount)
    const isScaled = this.channelInfo.some(({ gain, offset }) => gain !== undefined || offset !== undefined)
    this.physicalDType = isScaled ? parseDType('float64') : this.dtype
    this.#rowBytes = this.sampleShape.reduce((size, length) => size * length, this.dtype.itemSize)
    this.#places = extent.places
    this.startIndex = extent.startIndex
    this.offset = extent.offset
    this.sampleCount = extent.sampleCount
    this.gaps = placeGaps(extent)
    this.#segments = segmentsOf(this)
  }

  async read(from: number, to: number, units: Units): Promise<NdArray> {
    checkRange(this, from, to)
    const stored = NdArray.zeros([to - from, ...this.sampleShape], this.dtype)
    const bytes = stored.bytes()
    for (const { row, index, count } of this.#segments) {
      const first = Math.max(from, row)
      const end = Math.min(to, row + count)
      if (first >= end) continue
      const target = bytes.subarray((first - from) * this.#rowBytes, (end - from) * this.#rowBytes)
      await this.#fill(target, index + first - row, end - first)
    }
    return units === 'digital' || this.physicalDType === this.dtype ? stored : applyScaling(stored, this.channelInfo)
  }

  /** Samples `[index, index + count)`, between which there is no gap. */
  async #fill(target: Uint8Array, index: number, count: number): Promise<void> {
    const end = index + count
    let at = index
    for (let k = await this.#chunkOf(index); at < end && k < this.#places.count; k++) {
      const places = await this.#chunks.places(this.#places.offsetOf(k))
      for (const block of places.blocks.get(this.#channelId) ?? []) {
        if (block.index + block.count <= at) continue
        if (block.index > at) throw this.#missing(at, block.index)
        this.#checkLength(block)
        const last = Math.min(end, block.index + block.count)
        const part = target.subarray((at - index) * this.#rowBytes, (last - index) * this.#rowBytes)
        await this.#chunks.copy(places, part, block.at + (at - block.index) * this.#rowBytes)
        at = last
        if (at >= end) break
      }
    }
    if (at < end) throw this.#missing(at, end)
  }

  /** The last chunk that begins at or before a sample, by halving. */
  async #chunkOf(index: number): Promise<number> {
    let low = 0
    let high = this.#places.count - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((await this.#places.indexOf(middle)) <= index) low = middle
      else high = middle - 1
    }
    return low
  }

  #checkLength({ index, count, length }: PlacedBlock): void {
    if (length === count * this.#rowBytes) return
    throw new RecordingFileError(this.#chunks.file.path, {
      where: `${this.topic}, sample ${index}`,
      expected: `${count} samples of ${this.#rowBytes} bytes`,
      got: `${length} bytes`
    })
  }

  #missing(from: number, to: number): RecordingFileError {
    return new RecordingFileError(this.#chunks.file.path, {
      where: `${this.topic}, sample ${from}`,
      expected: `samples up to ${to} ('nodeacq repair' names what is missing)`,
      got: 'none'
    })
  }
}

/** What is missing before the first sample, its index says. */
function placeGaps({ startIndex, gaps }: StreamExtent): RecordedGap[] {
  let missing = 0
  return gaps
    .filter(({ from }) => from >= startIndex)
    .map(({ from, to, cause }) => {
      const row = from - startIndex - missing
      missing += to - from
      return { from, to, row, cause }
    })
}

/** Where each message is one sample, the shape is that of a sample. */
function sampleShapeOf(metadata: Readonly<Record<string, string>>): number[] {
  const shape = JSON.parse(metadata['shape'] ?? '[-1]') as number[]
  return metadata['accounting'] === 'messages' ? shape : shape.slice(1)
}

function dtypeOf(path: string, topic: string, text = ''): DType {
  try {
    return parseDType((text.startsWith('[[') ? JSON.parse(text) : text) as DTypeLike)
  } catch (cause) {
    throw new RecordingFileError(path, { where: `${topic}, dtype`, expected: 'a numpy dtype', got: text, cause })
  }
}

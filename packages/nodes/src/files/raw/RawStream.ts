import { NdArray, parseDType, type DType } from '@nodeacq/ndarray'
import { applyScaling } from '../applyScaling.ts'
import { checkRange } from '../checkRange.ts'
import type { OpenFile } from '../OpenFile.ts'
import type { RecordedChannel, RecordedGap, RecordedStream, Units } from '../SampleFile.ts'
import type { StreamProperties } from './properties.ts'

/** One `.raw` file. Physical values differ from digital ones only where `channel_info` has a gain or an offset. */
export class RawStream implements RecordedStream {
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
  /** Index says when a sample was: nothing else in the folder does. Set when all streams are known. */
  offset = 0
  readonly gaps: readonly RecordedGap[]
  readonly sampleBytes: number
  readonly #file: OpenFile

  constructor(
    name: string,
    file: OpenFile,
    from: { properties: StreamProperties; dtype: DType; gaps: readonly RecordedGap[] }
  ) {
    const { properties, dtype, gaps } = from
    this.name = name
    this.#file = file
    this.streamType = properties.streamtype ?? 'analogsignal'
    this.dtype = dtype
    // The first axis of a chunk is time, except for video, where a chunk is one picture.
    const isPicture = this.streamType === 'video' && properties.shape[0] !== -1
    this.sampleShape = isPicture ? properties.shape : properties.shape.slice(1)
    this.channelCount = this.sampleShape.at(-1) ?? 1
    this.sampleRate = properties.sample_rate ?? 1
    this.channelInfo = channelsOf(properties, this.sampleShape)
    this.sampleBytes = this.sampleShape.reduce((product, length) => product * Math.max(0, length), dtype.itemSize)
    this.sampleCount = this.sampleBytes === 0 ? 0 : Math.floor(file.size / this.sampleBytes)
    this.startIndex = properties.start_index ?? 0
    this.gaps = gaps.filter(({ row }) => row <= this.sampleCount)
    const isScaled =
      this.sampleShape.length === 1 &&
      dtype.fields === undefined &&
      this.channelInfo.some(({ gain = 1, offset = 0 }) => gain !== 1 || offset !== 0)
    this.physicalDType = isScaled ? parseDType('float64') : dtype
  }

  async read(from: number, to: number, units: Units): Promise<NdArray> {
    checkRange(this, from, to)
    const bytes = await this.#file.read(from * this.sampleBytes, (to - from) * this.sampleBytes)
    const stored = NdArray.fromBuffer(bytes, { dtype: this.dtype, shape: [to - from, ...this.sampleShape] })
    return units === 'digital' || this.physicalDType.equals(this.dtype)
      ? stored
      : applyScaling(stored, this.channelInfo)
  }
}

function channelsOf(properties: StreamProperties, sampleShape: readonly number[]): RecordedChannel[] {
  if (sampleShape.length !== 1) return []
  return Array.from({ length: Math.max(0, sampleShape[0]!) }, (_, k) => {
    const { name, gain, offset, ...rest } = properties.channel_info?.[k] ?? {}
    return {
      ...rest,
      name: typeof name === 'string' ? name : `ch${k}`,
      ...(typeof gain === 'number' && { gain }),
      ...(typeof offset === 'number' && { offset })
    }
  })
}

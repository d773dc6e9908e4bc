import { NdArray, parseDType, type DType } from '@nodeacq/ndarray'
import { RecordingFileError } from '../../errors.ts'
import { checkRange } from '../checkRange.ts'
import type { OpenFile } from '../OpenFile.ts'
import { applyScaling } from '../applyScaling.ts'
import type { RecordedChannel, RecordedGap, RecordedStream, Units } from '../SampleFile.ts'
import type { BrainVisionHeader } from './header.ts'

/** The data file of a triple: points of all channels after each other, or (VECTORIZED) channel after channel. */
export class BrainVisionStream implements RecordedStream {
  readonly name = 'signals'
  readonly streamType = 'analogsignal'
  readonly dtype: DType
  readonly physicalDType = parseDType('float64')
  readonly sampleShape: readonly number[]
  readonly channelCount: number
  readonly sampleRate: number
  readonly channelInfo: readonly RecordedChannel[]
  readonly sampleCount: number
  readonly startIndex = 0
  readonly offset = 0
  readonly gaps: readonly RecordedGap[]
  readonly #file: OpenFile
  readonly #stored: DType
  readonly #isVectorized: boolean

  constructor(file: OpenFile, header: BrainVisionHeader, gaps: readonly RecordedGap[], warnings: string[]) {
    this.#file = file
    this.#isVectorized = header.isVectorized
    this.dtype = parseDType(header.dtype)
    this.#stored = parseDType(`${header.isBigEndian ? '>' : '<'}${shortName(this.dtype)}`)
    this.channelCount = header.channels.length
    this.sampleShape = [this.channelCount]
    this.sampleRate = header.sampleRate
    this.channelInfo = header.channels.map(({ name, reference, resolution, unit }) => ({
      name,
      unit,
      gain: resolution,
      offset: 0,
      ...(reference !== '' && { reference })
    }))
    this.sampleCount = countPoints(file, header, this.dtype.itemSize, warnings)
    this.gaps = gaps.filter(({ row }) => row <= this.sampleCount)
  }

  async read(from: number, to: number, units: Units): Promise<NdArray> {
    checkRange(this, from, to)
    const stored = this.#isVectorized ? await this.#readVectorized(from, to) : await this.#readMultiplexed(from, to)
    if (units === 'digital') return stored
    return applyScaling(stored, this.channelInfo)
  }

  async #readMultiplexed(from: number, to: number): Promise<NdArray> {
    const rowBytes = this.channelCount * this.dtype.itemSize
    const bytes = await this.#file.read(from * rowBytes, (to - from) * rowBytes)
    const stored = NdArray.fromBuffer(bytes, { dtype: this.#stored, shape: [to - from, this.channelCount] })
    return this.#stored.isNative ? stored : stored.astype(this.dtype)
  }

  async #readVectorized(from: number, to: number): Promise<NdArray> {
    const { itemSize } = this.dtype
    const length = (to - from) * itemSize
    const bytes = new Uint8Array(length * this.channelCount)
    for (let c = 0; c < this.channelCount; c++) {
      await this.#file.readInto(bytes.subarray(c * length, (c + 1) * length), (c * this.sampleCount + from) * itemSize)
    }
    const byChannel = NdArray.fromBuffer(bytes, { dtype: this.#stored, shape: [this.channelCount, to - from] })
    const rows = byChannel.transpose().copy()
    return this.#stored.isNative ? rows : rows.astype(this.dtype)
  }
}

/** `i2`, `u2`, `f4` … of a numeric dtype. */
function shortName({ kind, itemSize }: DType): string {
  return `${kind}${itemSize}`
}

function countPoints(file: OpenFile, header: BrainVisionHeader, itemSize: number, warnings: string[]): number {
  const pointBytes = header.channels.length * itemSize
  const points = Math.floor(file.size / pointBytes)
  if (header.isVectorized && header.dataPoints !== undefined && header.dataPoints !== points) {
    throw new RecordingFileError(file.path, {
      where: 'size of the VECTORIZED data',
      expected: `${header.dataPoints} points × ${header.channels.length} channels × ${itemSize} bytes`,
      got: `${file.size} bytes`
    })
  }
  const rest = file.size - points * pointBytes
  if (rest > 0 && header.isVectorized) {
    throw new RecordingFileError(file.path, {
      where: 'size of the VECTORIZED data',
      expected: `a multiple of ${pointBytes} bytes (a cut file cannot be told apart into channels)`,
      got: `${file.size}`
    })
  }
  if (rest > 0) warnings.push(`the last point is cut after ${rest} of ${pointBytes} bytes and is left out`)
  return points
}

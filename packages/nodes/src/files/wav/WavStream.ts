import { NdArray, parseDType, type DType } from '@nodeacq/ndarray'
import { applyScaling } from '../applyScaling.ts'
import { checkRange } from '../checkRange.ts'
import type { OpenFile } from '../OpenFile.ts'
import type { RecordedChannel, RecordedGap, RecordedStream, Units } from '../SampleFile.ts'
import { WAVE_FORMAT, type WavFormat } from './header.ts'

/** The samples of a WAV file. Integers are stored numbers of which full scale is ±1; 24 bits are int32. */
export class WavStream implements RecordedStream {
  readonly name = 'signals'
  readonly streamType = 'analogsignal'
  readonly dtype: DType
  readonly physicalDType: DType
  readonly sampleShape: readonly number[]
  readonly channelCount: number
  readonly sampleRate: number
  readonly channelInfo: readonly RecordedChannel[]
  readonly sampleCount: number
  readonly startIndex = 0
  readonly offset = 0
  readonly gaps: readonly RecordedGap[] = []
  readonly #file: OpenFile
  readonly #format: WavFormat
  readonly #position: number

  /** @param position of the first sample. @param bytes of all of them */
  constructor(file: OpenFile, format: WavFormat, { position, bytes }: { position: number; bytes: number }) {
    this.#file = file
    this.#format = format
    this.#position = position
    const { code, channels, rate, bits, frameBytes } = format
    const isFloat = code === WAVE_FORMAT.float
    this.dtype = parseDType(isFloat ? `float${bits}` : ({ 8: 'uint8', 16: 'int16' }[bits] ?? 'int32'))
    this.physicalDType = isFloat ? this.dtype : parseDType('float64')
    this.channelCount = channels
    this.sampleShape = [channels]
    this.sampleRate = rate
    const scaling = isFloat ? {} : { gain: 2 ** (1 - bits), ...(bits === 8 && { offset: -1 }) }
    this.channelInfo = Array.from({ length: channels }, (_, k) => ({ name: `ch${k}`, ...scaling }))
    this.sampleCount = Math.floor(bytes / frameBytes)
  }

  async read(from: number, to: number, units: Units): Promise<NdArray> {
    checkRange(this, from, to)
    const { frameBytes, bits } = this.#format
    const shape = [to - from, this.channelCount]
    const bytes = await this.#file.read(this.#position + from * frameBytes, (to - from) * frameBytes)
    const stored =
      bits === 24 ? NdArray.fromTyped(widen24(bytes), shape) : NdArray.fromBuffer(bytes, { dtype: this.dtype, shape })
    return units === 'digital' || this.physicalDType === this.dtype ? stored : applyScaling(stored, this.channelInfo)
  }
}

function widen24(bytes: Uint8Array): Int32Array {
  const values = new Int32Array(bytes.length / 3)
  for (let k = 0, at = 0; k < values.length; k++, at += 3) {
    values[k] = ((bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16)) << 8) >> 8
  }
  return values
}

import type { NdArray } from '@nodeacq/ndarray'
import { encodeSamples, NUMBER_FORMATS, samplesSize } from '../../files/xdf/chunks.ts'
import { itemSizeOf } from '../../files/xdf/header.ts'
import type { RecordedChannel } from '../../files/SampleFile.ts'
import type { ExportStream } from '../Exporter.ts'

/** XDF's type for each of numpy's: the next wider one where XDF has none. */
const FORMATS: Readonly<Record<string, keyof typeof NUMBER_FORMATS>> = {
  bool: 'int8',
  int8: 'int8',
  uint8: 'int16',
  int16: 'int16',
  uint16: 'int32',
  int32: 'int32',
  uint32: 'int64',
  int64: 'int64',
  float16: 'float32',
  float32: 'float32',
  float64: 'double64'
}
/** The type of XDF that holds all numbers of a dtype; undefined where there is none. */
export function formatOf({ dtype }: Pick<ExportStream, 'dtype'>): keyof typeof NUMBER_FORMATS | undefined {
  return FORMATS[dtype.toNative().name]
}

/** Makes chunks of samples of one stream. */
export class XdfEncoder {
  readonly format: keyof typeof NUMBER_FORMATS
  readonly channelCount: number
  readonly rowBytes: number
  /** Greatest difference between a value and the float32 that is written. */
  maxError = 0
  readonly #stream: ExportStream
  readonly #id: number
  readonly #isScaled: boolean
  #scaled = new Float32Array(0)

  /** @param id of the stream in the file. @param units `physical`: gain × stored + offset as float32 */
  constructor(stream: ExportStream, id: number, units: 'digital' | 'physical') {
    this.#stream = stream
    this.#id = id
    this.#isScaled = units === 'physical'
    this.format = this.#isScaled ? 'float32' : formatOf(stream)!
    this.channelCount = stream.sampleShape.reduce((size, length) => size * length, 1)
    this.rowBytes = itemSizeOf(this.format) * this.channelCount
  }

  get isFloat(): boolean {
    return this.format === 'float32' || this.format === 'double64'
  }

  /** Of the numbers, before they took a type of XDF. */
  get dtype(): string {
    return this.#isScaled ? 'float32' : this.#stream.dtype.name
  }

  /** Without gains where they are applied. */
  get channelInfo(): readonly RecordedChannel[] {
    const { channelInfo } = this.#stream
    return this.#isScaled ? channelInfo.map(({ gain: _gain, offset: _offset, ...rest }) => rest) : channelInfo
  }

  /** s of the file's clock */
  timeOf(index: number): number {
    const { offset, startIndex, sampleRate } = this.#stream
    return offset + (index - startIndex) / sampleRate
  }

  /** Bytes of the values as they are in the file; valid until the next call. */
  valuesOf(block: NdArray): Uint8Array {
    if (this.#isScaled) return this.#scale(block)
    const type = NUMBER_FORMATS[this.format]
    // A copy only where XDF has no such type.
    return (block.dtype.name === type ? block : block.astype(type)).toContiguous().bytes()
  }

  /** Bytes of so many rows without a number in them. */
  nothing(rows: number): Uint8Array {
    const count = rows * this.channelCount
    const values = this.format === 'float32' ? new Float32Array(count) : new Float64Array(count)
    return new Uint8Array(values.fill(NaN).buffer)
  }

  /** Bytes of a chunk of so many rows. */
  sizeOf(rows: number): number {
    return samplesSize(rows, this.rowBytes)
  }

  /** Writes a chunk of samples `index` on. */
  encode(target: Buffer, index: number, rows: Uint8Array): void {
    encodeSamples(target, { stream: this.#id, time: this.timeOf(index), rows, rowBytes: this.rowBytes })
  }

  #scale(block: NdArray): Uint8Array {
    const { channelInfo } = this.#stream
    const stored = block.toContiguous().typed()
    if (this.#scaled.length < stored.length) this.#scaled = new Float32Array(stored.length)
    const scaled = this.#scaled
    const channels = Math.max(1, channelInfo.length)
    let worst = this.maxError
    for (let c = 0; c < channels; c++) {
      const { gain = 1, offset = 0 } = channelInfo[c] ?? {}
      for (let k = c; k < stored.length; k += channels) {
        const value = gain * Number(stored[k]) + offset
        scaled[k] = value
        const error = Math.abs(value - scaled[k]!)
        if (error > worst) worst = error
      }
    }
    this.maxError = worst
    return new Uint8Array(scaled.buffer, 0, stored.length * 4)
  }
}

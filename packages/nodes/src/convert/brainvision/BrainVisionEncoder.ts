import type { NdArray } from '@nodeacq/ndarray'
import type { ExportStream } from '../Exporter.ts'

export interface BrainVisionEncoding {
  readonly format: 'INT_16' | 'IEEE_FLOAT_32'
  /** Scale and offset are applied, as the format knows no offset; else the stored numbers are written, and the scale is said. */
  readonly isPhysical: boolean
}

/** Integers of 16 bits stay as they are; wider ones are exact up to 2^24, as is what float32 holds. */
function encodingOf({ dtype, channelInfo }: ExportStream): BrainVisionEncoding {
  const isPhysical = channelInfo.some(({ offset = 0 }) => offset !== 0)
  const fits = (dtype.kind === 'i' && dtype.itemSize <= 2) || (dtype.kind === 'u' && dtype.itemSize === 1)
  return { format: fits && !isPhysical ? 'INT_16' : 'IEEE_FLOAT_32', isPhysical }
}

/** Makes the bytes of samples, and counts what is lost. */
export class BrainVisionEncoder {
  readonly encoding: BrainVisionEncoding
  /** Of the rounding to float32, in the unit of the channel. */
  maxError = 0
  clipped: { count: number; firstIndex?: number; maxExcess: number } = { count: 0, maxExcess: 0 }
  readonly #gains: Float64Array
  readonly #offsets: Float64Array
  /** float32 may not hold every number. */
  readonly #mayRound: boolean
  #buffer: Int16Array<ArrayBuffer> | Float32Array<ArrayBuffer>

  constructor(stream: ExportStream) {
    this.encoding = encodingOf(stream)
    const { dtype, channelInfo } = stream
    this.#gains = Float64Array.from(channelInfo, ({ gain = 1 }) => gain)
    this.#offsets = Float64Array.from(channelInfo, ({ offset = 0 }) => offset)
    const isFloat32 = (dtype.kind === 'f' && dtype.itemSize <= 4) || dtype.itemSize <= 2
    this.#mayRound = this.encoding.isPhysical || !isFloat32
    this.#buffer = this.encoding.format === 'INT_16' ? new Int16Array(0) : new Float32Array(0)
  }

  get isExact(): boolean {
    return this.maxError === 0 && this.clipped.count === 0
  }

  /** Valid until the next call. @param index of the first row */
  encode(block: NdArray, index: number): Uint8Array {
    const { format } = this.encoding
    if (format === 'INT_16' && block.dtype.itemSize === 2) return block.bytes()
    if (!this.#mayRound && block.dtype.itemSize === 4) return block.bytes()
    const { size } = block
    if (this.#buffer.length < size) this.#buffer = format === 'INT_16' ? new Int16Array(size) : new Float32Array(size)
    const values = block.typed()
    const target = this.#buffer
    if (!this.#mayRound) for (let at = 0; at < size; at++) target[at] = Number(values[at]!)
    else this.#round(values, target, index)
    return new Uint8Array(target.buffer, 0, size * target.BYTES_PER_ELEMENT)
  }

  #round(values: ReturnType<NdArray['typed']>, target: Float32Array | Int16Array, index: number): void {
    const { isPhysical } = this.encoding
    const channels = this.#gains.length
    for (let at = 0, channel = 0; at < values.length; at++) {
      const gain = this.#gains[channel]!
      const stored = Number(values[at]!)
      const value = isPhysical ? stored * gain + this.#offsets[channel]! : stored
      let rounded = Math.fround(value)
      if (Number.isFinite(value)) {
        const unit = isPhysical ? 1 : gain
        if (!Number.isFinite(rounded)) {
          rounded = value > 0 ? GREATEST : -GREATEST
          const excess = (Math.abs(value) - GREATEST) * unit
          this.clipped.firstIndex ??= index + Math.floor(at / channels)
          this.clipped.count += 1
          this.clipped.maxExcess = Math.max(this.clipped.maxExcess, excess)
        } else {
          const error = Math.abs((rounded - value) * unit)
          if (error > this.maxError) this.maxError = error
        }
      }
      target[at] = rounded
      channel = channel + 1 === channels ? 0 : channel + 1
    }
  }
}

/** The greatest float32. */
const GREATEST = 3.4028234663852886e38

import type { NdArray, TypedArray } from '@nodeacq/ndarray'
import { WAVE_FORMAT, type WavFormat } from '../../files/wav/header.ts'
import type { ExportStream } from '../Exporter.ts'

/** How samples are stored. */
export type WavSamples = 'uint8' | 'int16' | 'int24' | 'int32' | 'float32' | 'float64'

/** What holds all numbers of a dtype. 64-bit integers are exact to 2^53. */
const NATURAL: Readonly<Record<string, WavSamples>> = {
  bool: 'int16',
  uint8: 'uint8',
  int8: 'int16',
  int16: 'int16',
  uint16: 'int32',
  int32: 'int32',
  uint32: 'float64',
  int64: 'float64',
  uint64: 'float64',
  float16: 'float32',
  float32: 'float32',
  float64: 'float64'
}

/** How samples of a dtype are stored where nothing else is asked for. */
export function samplesOf({ dtype }: Pick<ExportStream, 'dtype'>): WavSamples | undefined {
  return NATURAL[dtype.toNative().name]
}

export const bitsOf = (samples: WavSamples): number => Number(/\d+/.exec(samples)![0])

/** Turns stored numbers into bytes of a WAV file, and counts what they lose. */
export class WavEncoder {
  readonly format: WavFormat
  /** A number that was changed: it had to be rounded, or scaled. */
  isExact = true
  /** Of full scale. */
  maxError = 0
  clipped: { count: number; firstIndex?: number; maxExcess: number } = { count: 0, maxExcess: 0 }
  notFinite = 0
  /** Floats that are kept, and that players clip. */
  beyondFullScale = 0
  readonly #samples: WavSamples
  readonly #source: string
  /** From a stored number to one of the file. */
  readonly #factor: number
  #buffer = Buffer.alloc(0)

  /** @param fullScale of floats: the number that is ±1 in the file */
  constructor(stream: ExportStream, samples: WavSamples, fullScale: number) {
    this.#samples = samples
    this.#source = stream.dtype.name
    const isFloat = samples.startsWith('float')
    const bits = bitsOf(samples)
    const channels = stream.sampleShape[0] ?? 1
    const code = isFloat ? WAVE_FORMAT.float : WAVE_FORMAT.pcm
    this.format = { code, channels, rate: stream.sampleRate, bits, frameBytes: (channels * bits) / 8 }
    const fromFloat = stream.dtype.kind === 'f'
    this.#factor = fromFloat ? (isFloat ? 1 : 2 ** (bits - 1)) / fullScale : 1
  }

  /** Bytes of the rows of a block; valid until the next call. */
  encode(block: NdArray, index: number): Uint8Array {
    const contiguous = block.toContiguous()
    const values = contiguous.typed()
    if (this.#samples === this.#source && this.#factor === 1) {
      if (values instanceof Float32Array || values instanceof Float64Array) this.#countLoud(values)
      return contiguous.bytes()
    }
    const size = values.length * (this.format.bits / 8)
    if (this.#buffer.length < size) this.#buffer = Buffer.allocUnsafe(size)
    if (this.#samples.startsWith('float')) this.#toFloats(values)
    else this.#toIntegers(values, index)
    return this.#buffer.subarray(0, size)
  }

  /** The byte of which nothing is made. */
  get silence(): number {
    // Eight bits have no sign: their middle is 128.
    return this.#samples === 'uint8' ? 128 : 0
  }

  #countLoud(values: Float32Array | Float64Array): void {
    let [loud, none] = [0, 0]
    for (let k = 0; k < values.length; k++) {
      const value = values[k]!
      if (value >= -1 && value <= 1) continue
      if (value !== value) none++
      else loud++
    }
    this.beyondFullScale += loud
    this.notFinite += none
  }

  #toFloats(values: TypedArray): void {
    const target = new DataView(this.#buffer.buffer, this.#buffer.byteOffset)
    const isDouble = this.#samples === 'float64'
    for (let k = 0; k < values.length; k++) {
      const value = Number(values[k]) * this.#factor
      if (isDouble) target.setFloat64(8 * k, value, true)
      else target.setFloat32(4 * k, value, true)
      const error = Math.abs((isDouble ? value : Math.fround(value)) - value)
      if (error > this.maxError) this.maxError = error
      if (value > 1 || value < -1) this.beyondFullScale++
      else if (value !== value) this.notFinite++
      if (typeof values[k] === 'bigint' && BigInt(value) !== values[k]) this.isExact = false
    }
    if (this.maxError > 0 || this.#factor !== 1) this.isExact = false
  }

  #toIntegers(values: TypedArray, index: number): void {
    const { bits, channels } = this.format
    const limit = 2 ** (bits - 1)
    for (let k = 0; k < values.length; k++) {
      const exact = Number(values[k]) * this.#factor
      let value = Math.round(exact)
      if (value >= limit || value < -limit) {
        const at = index + Math.floor(k / channels)
        const excess = (value < 0 ? -limit - exact : exact - limit + 1) / limit
        this.clipped.firstIndex ??= at
        this.clipped.count++
        if (excess > this.clipped.maxExcess) this.clipped.maxExcess = excess
        value = value < 0 ? -limit : limit - 1
      } else if (value !== value) {
        this.notFinite++
        value = 0
      } else if (value !== exact) {
        const error = Math.abs(value - exact) / limit
        if (error > this.maxError) this.maxError = error
      }
      if (bits === 16) this.#buffer.writeInt16LE(value, 2 * k)
      else if (bits === 32) this.#buffer.writeInt32LE(value, 4 * k)
      else this.#buffer.writeIntLE(value, 3 * k, 3)
    }
    if (this.maxError > 0 || this.clipped.count > 0 || this.notFinite > 0 || this.#factor !== 1) this.isExact = false
  }
}

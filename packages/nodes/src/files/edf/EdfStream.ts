import { NdArray, parseDType, type DType } from '@nodeacq/ndarray'
import type { RecordedChannel, RecordedGap, RecordedStream, Units } from '../SampleFile.ts'
import { checkRange } from '../checkRange.ts'
import type { EdfHeader, EdfSignal } from './header.ts'
import type { RecordBlocks } from './RecordBlocks.ts'

/** The signals of an EDF or BDF file that have one rate. Digital: int16 for EDF, int32 for BDF. */
export class EdfStream implements RecordedStream {
  readonly name: string
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
  readonly #signals: readonly EdfSignal[]
  readonly #header: EdfHeader
  readonly #blocks: RecordBlocks

  constructor(
    name: string,
    signals: readonly EdfSignal[],
    from: { header: EdfHeader; blocks: RecordBlocks; gaps: readonly RecordedGap[] }
  ) {
    this.name = name
    this.#signals = signals
    this.#header = from.header
    this.#blocks = from.blocks
    this.gaps = from.gaps
    this.dtype = parseDType(from.header.kind === 'EDF' ? 'int16' : 'int32')
    this.channelCount = signals.length
    this.sampleShape = [signals.length]
    this.sampleRate = this.#samplesPerRecord / from.header.recordDuration
    this.sampleCount = this.#samplesPerRecord * from.header.recordCount
    this.channelInfo = signals.map(describeSignal)
  }

  get #samplesPerRecord(): number {
    return this.#signals[0]!.samplesPerRecord
  }

  async read(from: number, to: number, units: Units): Promise<NdArray> {
    checkRange(this, from, to)
    const channels = this.channelCount
    const perRecord = this.#samplesPerRecord
    const length = (to - from) * channels
    const values =
      units === 'physical'
        ? new Float64Array(length)
        : this.#header.kind === 'EDF'
          ? new Int16Array(length)
          : new Int32Array(length)
    const stored = new Int32Array(perRecord)
    for (let row = from; row < to;) {
      const record = Math.floor(row / perRecord)
      const block = await this.#blocks.at(record)
      // All records of this block that the range touches, without waiting between them.
      const stop = Math.min(to, (block.first + block.count) * perRecord)
      while (row < stop) {
        const current = Math.floor(row / perRecord)
        const skip = row - current * perRecord
        const count = Math.min(stop - row, perRecord - skip)
        const start = (current - block.first) * this.#header.recordBytes
        for (let c = 0; c < channels; c++) {
          const signal = this.#signals[c]!
          const position = start + signal.byteOffset + skip * this.#header.bytesPerSample
          unpack(block.bytes, position, count, this.#header.bytesPerSample, stored)
          spread(
            stored,
            count,
            values,
            (row - from) * channels + c,
            channels,
            units === 'physical' ? signal : undefined
          )
        }
        row += count
      }
    }
    return NdArray.fromTyped(values, [to - from, channels])
  }
}

/** Little-endian two's complement numbers of two or three bytes. */
function unpack(bytes: Uint8Array, start: number, count: number, size: 2 | 3, target: Int32Array): void {
  if (size === 2) {
    for (let i = 0, at = start; i < count; i++, at += 2) target[i] = ((bytes[at]! | (bytes[at + 1]! << 8)) << 16) >> 16
  } else {
    for (let i = 0, at = start; i < count; i++, at += 3) {
      target[i] = ((bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16)) << 8) >> 8
    }
  }
}

/** Writes one channel's values into every `stride`-th place, scaled when a scaling is given. */
function spread(
  stored: Int32Array,
  count: number,
  target: Float64Array | Int32Array | Int16Array,
  start: number,
  stride: number,
  scaling: { gain: number; offset: number } | undefined
): void {
  const gain = scaling?.gain ?? 1
  const offset = scaling?.offset ?? 0
  if (scaling === undefined) {
    for (let i = 0, at = start; i < count; i++, at += stride) target[at] = stored[i]!
  } else {
    for (let i = 0, at = start; i < count; i++, at += stride) target[at] = stored[i]! * gain + offset
  }
}

function describeSignal(signal: EdfSignal): RecordedChannel {
  return {
    name: signal.label,
    unit: signal.unit,
    gain: signal.gain,
    offset: signal.offset,
    ...(signal.transducer !== '' && { transducer: signal.transducer }),
    ...(signal.prefilter !== '' && { prefilter: signal.prefilter }),
    physicalMin: signal.physicalMin,
    physicalMax: signal.physicalMax,
    digitalMin: signal.digitalMin,
    digitalMax: signal.digitalMax
  }
}

import { dtypeOfFormat, valueBytes, type LslFormat } from '../formats.ts'
import { LslFormatError } from '../LslError.ts'

/** How the samples of a stream are put into bytes. */
export interface SampleLayout {
  readonly format: LslFormat
  readonly channelCount: number
  /** Hz; 0: none. What a stamp is that was not sent follows from it. */
  readonly nominalRate: number
}

/** Samples that were read together. Its memory is the receiver's. */
export interface SampleBatch {
  readonly count: number
  /** Of each sample, s on the clock of the outlet. */
  readonly stamps: Float64Array
  /** 1 where the stamp was sent, 0 where it follows from the one before. */
  readonly isStamped: Uint8Array
  /** Numbers, sample by sample, in the order of this machine; empty for texts. */
  readonly bytes: Uint8Array
  /** Texts, one list for each sample; empty for numbers. */
  readonly texts: readonly (readonly string[])[]
}

/** Reads samples from bytes that are cut anywhere. */
export interface SampleReader {
  /** The samples that are complete with these bytes; undefined when there are none. @throws {LslFormatError} */
  push(bytes: Buffer): SampleBatch | undefined
}

/** A sample has a stamp of its own, or follows the one before. */
export const DEDUCED = 1
export const STAMPED = 2
/** Bytes of a sample, and of a text, that are read. */
const MAX_SAMPLE = 64 << 20

/** Bytes of the numbers of a sample. @throws {LslFormatError} */
export function rowBytesOf({ format, channelCount }: Pick<SampleLayout, 'format' | 'channelCount'>): number {
  const bytes = channelCount * valueBytes(format)
  if (bytes > MAX_SAMPLE) throw new LslFormatError(`LSL: a sample of ${bytes} bytes is more than ${MAX_SAMPLE}`)
  return bytes
}

/** @throws {LslFormatError} */
export function requireTextLength(length: number): void {
  if (length <= MAX_SAMPLE) return
  throw new LslFormatError(`LSL: a text of ${length} bytes is more than ${MAX_SAMPLE}`)
}

/** Gathers samples of one batch. */
export class BatchBuilder {
  readonly #rowBytes: number
  readonly #period: number
  readonly #bytes: Buffer
  readonly #stamps: Float64Array
  readonly #isStamped: Uint8Array
  readonly #texts: string[][] = []
  #last: number
  count = 0

  /** @param last stamp of the sample before; @param capacity samples at most */
  constructor(layout: SampleLayout, last: number, capacity: number) {
    this.#rowBytes = rowBytesOf(layout)
    this.#period = layout.nominalRate > 0 ? 1 / layout.nominalRate : 0
    this.#bytes = Buffer.allocUnsafeSlow(capacity * this.#rowBytes)
    this.#stamps = new Float64Array(capacity)
    this.#isStamped = new Uint8Array(capacity)
    this.#last = last
  }

  get lastStamp(): number {
    return this.#last
  }

  /** The place for the next sample's numbers, in `bytes`. */
  get at(): number {
    return this.count * this.#rowBytes
  }

  get bytes(): Buffer {
    return this.#bytes
  }

  /** A sample is there, with its stamp; undefined: it follows the one before. */
  add(stamp: number | undefined, texts?: string[]): void {
    this.#last = stamp ?? this.#last + this.#period
    this.#stamps[this.count] = this.#last
    this.#isStamped[this.count] = stamp === undefined ? 0 : 1
    if (texts !== undefined) this.#texts.push(texts)
    this.count += 1
  }

  take(): SampleBatch | undefined {
    const { count } = this
    if (count === 0) return undefined
    return {
      count,
      stamps: this.#stamps.subarray(0, count),
      isStamped: this.#isStamped.subarray(0, count),
      bytes: this.#bytes.subarray(0, count * this.#rowBytes),
      texts: this.#texts
    }
  }
}

/** The numbers of a batch as an array; empty for texts. */
export function valuesOfBatch(
  { bytes }: Pick<SampleBatch, 'bytes'>,
  format: LslFormat
): Float32Array | Float64Array | Int8Array | Int16Array | Int32Array | BigInt64Array {
  const { buffer, byteOffset, byteLength } = bytes
  switch (format === 'string' ? 'int8' : dtypeOfFormat(format)) {
    case 'float32':
      return new Float32Array(buffer, byteOffset, byteLength / 4)
    case 'float64':
      return new Float64Array(buffer, byteOffset, byteLength / 8)
    case 'int64':
      return new BigInt64Array(buffer, byteOffset, byteLength / 8)
    case 'int32':
      return new Int32Array(buffer, byteOffset, byteLength / 4)
    case 'int16':
      return new Int16Array(buffer, byteOffset, byteLength / 2)
    case 'int8':
      return new Int8Array(buffer, byteOffset, byteLength)
  }
}

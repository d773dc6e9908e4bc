import { valueBytes } from '../formats.ts'
import { LslFormatError } from '../LslError.ts'
import type { SampleBatch, SampleReader } from '../wire/SampleBatch.ts'
import type { LslStreamInfo } from '../wire/streamInfo.ts'
import { PATTERN_OFFSETS, PATTERN_STAMP } from '../wire/testPattern.ts'
import { patternValues, type SampleValues } from './encodeSamples.ts'

/**
 * Compares the first two samples of a feed with the test pattern, and leaves them out. Samples before the first one with a stamp have
 * none: theirs are NaN.
 */
export class CheckedReader {
  readonly #reader: SampleReader
  readonly #pattern: SampleValues
  readonly #rowBytes: number
  #checked = 0
  #hasStamp = false

  constructor(reader: SampleReader, info: LslStreamInfo) {
    this.#reader = reader
    this.#pattern = patternValues(info)
    this.#rowBytes = info.channelCount * valueBytes(info.channelFormat)
  }

  /** @throws {LslFormatError} when the samples are not what was announced */
  push(bytes: Buffer): SampleBatch | undefined {
    const batch = this.#reader.push(bytes)
    if (batch === undefined) return undefined
    const checked = Math.min(batch.count, PATTERN_OFFSETS.length - this.#checked)
    for (let k = 0; k < checked; k++) this.#check(batch, k)
    this.#checked += checked
    if (batch.count === checked) return undefined
    const rest = checked === 0 ? batch : this.#without(batch, checked)
    for (let k = 0; k < rest.count && !this.#hasStamp; k++) {
      if (rest.isStamped[k] === 1) this.#hasStamp = true
      else rest.stamps[k] = NaN
    }
    return rest
  }

  #without(batch: SampleBatch, count: number): SampleBatch {
    return {
      count: batch.count - count,
      stamps: batch.stamps.subarray(count),
      isStamped: batch.isStamped.subarray(count),
      // Copied, so that it begins where numbers may.
      bytes: batch.bytes.slice(count * this.#rowBytes),
      texts: batch.texts.slice(count)
    }
  }

  #check(batch: SampleBatch, k: number): void {
    const row = this.#checked + k
    const isSame =
      this.#pattern instanceof Uint8Array
        ? Buffer.compare(rowOf(batch.bytes, k, this.#rowBytes), rowOf(this.#pattern, row, this.#rowBytes)) === 0
        : this.#pattern[row]!.every((text, channel) => batch.texts[k]![channel] === text)
    if (isSame && batch.stamps[k] === PATTERN_STAMP) return
    throw new LslFormatError(`sample ${row} of the test pattern is not what it should be`)
  }
}

function rowOf(bytes: Uint8Array, k: number, rowBytes: number): Uint8Array {
  return bytes.subarray(k * rowBytes, (k + 1) * rowBytes)
}

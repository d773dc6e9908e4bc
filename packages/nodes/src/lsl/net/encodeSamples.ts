import { dtypeOfFormat } from '../formats.ts'
import { encodeArchiveHead, encodeArchiveSamples } from '../wire/archive.ts'
import { valuesOfBatch } from '../wire/SampleBatch.ts'
import { encodeNumbers, encodeTexts } from '../wire/samples.ts'
import { encodeShortInfo, type LslStreamInfo } from '../wire/streamInfo.ts'
import { PATTERN_OFFSETS, PATTERN_STAMP, testPattern } from '../wire/testPattern.ts'

/** Version of the samples' encoding, times 100. */
export type FeedProtocol = 100 | 110

/** Samples of a stream: numbers as their bytes, sample by sample, or texts. */
export type SampleValues = Uint8Array | readonly (readonly string[])[]

/** Samples as a client takes them. @param stamps of each, s; NaN where it follows from the one before */
export function encodeSamples(
  info: LslStreamInfo,
  protocol: FeedProtocol,
  values: SampleValues,
  stamps: Float64Array
): Buffer {
  if (protocol === 110) {
    return values instanceof Uint8Array ? encodeNumbers(values, stamps) : encodeTexts(values, stamps)
  }
  const { channelFormat: format, channelCount } = info
  if (!(values instanceof Uint8Array)) return encodeArchiveSamples(format, values, stamps)
  // Copied, so that it begins where numbers may.
  const numbers = valuesOfBatch({ bytes: values.slice() }, format)
  const rows = Array.from(stamps, (_, k) => [...numbers.subarray(k * channelCount, (k + 1) * channelCount)])
  return encodeArchiveSamples(format, rows, stamps)
}

/** What comes before the first sample: of 1.00 the head of the archive, and the test pattern. */
export function samplesHead(info: LslStreamInfo, protocol: FeedProtocol): Buffer {
  const pattern = encodeSamples(info, protocol, patternValues(info), new Float64Array(2).fill(PATTERN_STAMP))
  return protocol === 110 ? pattern : Buffer.concat([encodeArchiveHead(encodeShortInfo(info)), pattern])
}

/** The two samples of the test pattern, one after the other. */
export function patternValues({ channelFormat: format, channelCount }: LslStreamInfo): SampleValues {
  const rows = PATTERN_OFFSETS.map((n) => testPattern(format, channelCount, n))
  if (format === 'string') return rows as string[][]
  const values = (rows as number[][]).flat()
  const dtype = dtypeOfFormat(format)
  if (dtype === 'int64') return new Uint8Array(BigInt64Array.from(values, BigInt).buffer)
  return new Uint8Array(ARRAYS[dtype].from(values).buffer)
}

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array
} as const

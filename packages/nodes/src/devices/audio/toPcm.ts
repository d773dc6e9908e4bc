import type { ReadonlyNdArray } from '@nodeacq/ndarray'
import { AUDIO_FORMATS, type AudioFormatName } from './AudioBackend.ts'

/** What the values of an input's dtype mean at full scale; undefined for dtypes that are no audio. */
function fullScaleOf(dtype: string): number | undefined {
  if (dtype === 'float64') return 1
  return dtype in AUDIO_FORMATS ? AUDIO_FORMATS[dtype as AudioFormatName].fullScale : undefined
}

/** Whether a stream can be played: int16, int32, float32 or float64 (−1 to 1). */
export function isPlayable(dtype: string): boolean {
  return fullScaleOf(dtype) !== undefined
}

/**
 * Samples as a device wants them, interleaved. Other formats are scaled by their full scale and cut off beyond it; the
 * channel of a mono signal goes to every channel.
 *
 * @param data `(samples, channels)` with 1 or `channelCount` channels
 */
export function toPcm(
  data: ReadonlyNdArray,
  { format, channelCount }: { format: AudioFormatName; channelCount: number }
): Uint8Array {
  const contiguous = data.toContiguous()
  const { name } = contiguous.dtype
  const isMono = contiguous.shape[1] === 1 && channelCount > 1
  if (name === format && !isMono) return contiguous.bytes()
  const source = contiguous.typed() as Int16Array | Float64Array
  const target = makeSamples(format, data.length * channelCount)
  const { fullScale } = AUDIO_FORMATS[format]
  const factor = fullScale / fullScaleOf(name)!
  const highest = format === 'float32' ? Infinity : fullScale - 1
  const lowest = format === 'float32' ? -Infinity : -fullScale
  for (let k = 0; k < target.length; k++) {
    const value = source[isMono ? Math.floor(k / channelCount) : k]! * factor
    // NaN is silence.
    target[k] =
      value > highest ? highest : value < lowest ? lowest : format === 'float32' ? value || 0 : Math.round(value) || 0
  }
  return new Uint8Array(target.buffer)
}

function makeSamples(format: AudioFormatName, count: number): Int16Array | Int32Array | Float32Array {
  if (format === 'int16') return new Int16Array(count)
  return format === 'int32' ? new Int32Array(count) : new Float32Array(count)
}

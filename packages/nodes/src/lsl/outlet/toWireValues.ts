import { NdArray, parseDType, type ReadonlyNdArray } from '@nodeacq/ndarray'
import type { StreamInfo } from '@nodeacq/stream'
import { dtypeOfFormat, type LslNumberFormat } from '../formats.ts'

/** The numbers of chunks as a stream of LSL has them: in its format, physical where the stream says how. */
export function wireValuesOf(info: StreamInfo, format: LslNumberFormat): (data: ReadonlyNdArray) => Uint8Array {
  const dtype = parseDType(dtypeOfFormat(format))
  const channels = info.shape[1] ?? 1
  const each = (given: StreamInfo['scale'], fallback: number): Float64Array =>
    Float64Array.from({ length: channels }, (_, k) => (typeof given === 'object' ? given?.[k] : given) ?? fallback)
  const [scale, offset] = [each(info.scale, 1), each(info.offset, 0)]
  const isScaled = info.scale != null || info.offset != null
  return (data) => {
    const given = data as NdArray
    if (!isScaled) {
      const same = given.dtype.equals(dtype) ? given : given.astype(dtype)
      return (same.isContiguous ? same : same.copy()).bytes()
    }
    const values = NdArray.zeros([...given.shape], 'float64')
    given.copyTo(values)
    const numbers = values.typed() as Float64Array
    for (let at = 0; at < numbers.length;) {
      for (let k = 0; k < channels; k++, at++) numbers[at] = numbers[at]! * scale[k]! + offset[k]!
    }
    return (dtype.equals(values.dtype) ? values : values.astype(dtype)).bytes()
  }
}

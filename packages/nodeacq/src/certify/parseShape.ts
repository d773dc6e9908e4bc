import { DTypeError, parseDType } from '@nodeacq/ndarray'
import { nearest } from '../graph/nearest.ts'

/** What one device makes. */
export interface DeviceShape {
  readonly channels: number
  /** Hz */
  readonly sampleRate: number
  /** A numpy type name. */
  readonly dtype: string
}

const DTYPES = ['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64', 'float32', 'float64']
const FORM = 'expected <channels>x<rate in Hz>:<dtype>, such as 384x30000:int16 or 64x1k:float32'
const MAX_CHANNELS = 1_000_000
const MAX_RATE = 1e9

/**
 * Reads `384x30000:int16`: channels, samples per second of each (`30k` works too), and the type of the samples, which may be left
 * out (float32).
 * @throws RangeError that says which part is wrong
 */
export function parseShape(text: string): DeviceShape {
  const [sizes = '', dtype = 'float32', ...more] = text.trim().split(':')
  const parts = sizes.split(/[x×*]/i)
  if (parts.length !== 2 || more.length > 0) throw new RangeError(FORM)
  const channels = Number(parts[0])
  if (!Number.isInteger(channels) || channels < 1 || channels > MAX_CHANNELS) {
    throw new RangeError(`channels: expected a whole number from 1, got '${parts[0]}'; ${FORM}`)
  }
  const [, digits, kilo] = /^(.*?)\s*(k?)(?:hz)?$/i.exec(parts[1]!.trim())!
  const sampleRate = Number(digits) * (kilo === '' ? 1 : 1000)
  if (digits === '' || !(sampleRate > 0) || sampleRate > MAX_RATE) {
    throw new RangeError(`rate: expected a number of Hz above 0, got '${parts[1]}'; ${FORM}`)
  }
  return { channels, sampleRate, dtype: parseSampleType(dtype) }
}

function parseSampleType(text: string): string {
  try {
    const type = parseDType(text)
    if ('iuf'.includes(type.kind)) return type.name
  } catch (error) {
    if (!(error instanceof DTypeError)) throw error
  }
  const similar = nearest(text, DTYPES)
  const hint = similar === undefined ? `it is one of ${DTYPES.join(', ')}` : `did you mean '${similar}'?`
  throw new RangeError(`unknown type of samples '${text}'; ${hint}`)
}

/** Bytes per second that `devices` of them make. */
export function shapeRate({ channels, sampleRate, dtype }: DeviceShape, devices: number): number {
  return channels * sampleRate * parseDType(dtype).itemSize * devices
}

import { RecorderError } from '../files/output/RecorderError.ts'
import type { ExportStream } from './Exporter.ts'

/** How numbers of one channel become 16-bit integers: `round(stored × factor + shift)`. */
export interface Int16Scaling {
  readonly factor: number
  readonly shift: number
  /** Of one step, in the unit of the channel; the format knows no offset, so 0 is 0. */
  readonly gain: number
  /** No number is changed. */
  readonly isExact: boolean
}

const LEAST = -32_768
const GREATEST = 32_767

/**
 * Integers that fit are kept as they are, also with an offset that is a whole number of steps. Anything else is rounded to steps that
 * let the greatest number be said: of `range`, of the type, or of the limit that is given for numbers whose greatest nobody knows.
 *
 * @param path for errors @param limit greatest number, in the units of the channels
 * @throws RecorderError for floats of unknown range
 */
export function scaleToInt16(path: string, stream: ExportStream, limit: number | undefined): Int16Scaling[] {
  const { channelInfo, dtype, name } = stream
  return channelInfo.map(({ gain = 1, offset = 0 }, k): Int16Scaling => {
    const range = stream.range?.[k] ?? rangeOfType(stream)
    const shift = offset / gain
    const isExact =
      'iu'.includes(dtype.kind) &&
      range !== undefined &&
      Number.isInteger(shift) &&
      range.min + shift >= LEAST &&
      range.max + shift <= GREATEST
    if (isExact) return { factor: 1, shift, gain, isExact }
    const known = limit ?? (range && Math.max(Math.abs(range.min * gain + offset), Math.abs(range.max * gain + offset)))
    if (known === undefined) {
      throw new RecorderError(
        path,
        `stream '${name}' holds ${dtype.name}: set range to the greatest number it can have`
      )
    }
    const step = known === 0 ? Math.abs(gain) : known / GREATEST
    return { factor: gain / step, shift: offset / step, gain: step, isExact }
  })
}

/** Whether only the numbers themselves tell how they become int16. */
export function needsInt16Range({ dtype, channelInfo }: ExportStream): boolean {
  const fits = dtype.itemSize === 1 || (dtype.kind === 'i' && dtype.itemSize === 2)
  return !'iu'.includes(dtype.kind) || !fits || channelInfo.some(({ offset = 0 }) => offset !== 0)
}

/** The same step for all channels, the coarsest, in units of which one is `units[k]` of a common one. */
export function sameStep(
  { channelInfo }: ExportStream,
  scalings: readonly Int16Scaling[],
  units: readonly number[]
): Int16Scaling[] {
  const steps = scalings.map(({ gain }, k) => gain * units[k]!)
  if (steps.every((step) => step === steps[0] && step > 0)) return [...scalings]
  const step = Math.max(...steps.map(Math.abs))
  return channelInfo.map(({ gain = 1, offset = 0 }, k) => {
    if (steps[k] === step) return scalings[k]!
    const own = step / units[k]!
    return { factor: gain / own, shift: offset / own, gain: own, isExact: false }
  })
}

function rangeOfType({ dtype }: ExportStream): { min: number; max: number } | undefined {
  const bits = dtype.itemSize * 8
  if (dtype.kind === 'u') return { min: 0, max: 2 ** bits - 1 }
  return dtype.kind === 'i' ? { min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 } : undefined
}

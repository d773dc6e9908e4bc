import { RecorderError } from '../../files/output/RecorderError.ts'
import type { RecordedChannel } from '../../files/SampleFile.ts'
import type { ChannelRange, ExportStream } from '../Exporter.ts'
import type { EdfOptions } from './options.ts'
import {
  asciiUnit,
  EDF_RANGE,
  field8,
  scalingOfIntegers,
  scalingOfLimits,
  scalingOfRange,
  type EdfKind,
  type EdfScaling
} from './scaling.ts'

/** How one channel gets into the file: digital = round(stored × factor + shift). */
export interface ChannelPlan {
  readonly scaling: EdfScaling
  /** The stored numbers are the digital ones. */
  readonly isExact: boolean
  readonly factor: number
  readonly shift: number
  /** Digital values are held within. */
  readonly least: number
  readonly greatest: number
  /** The digital value nearest to 0 in the unit of the channel. */
  readonly zero: number
}

/** Whether numbers of this type may lie outside what the format holds as they are. */
export function needsRange({ dtype }: ExportStream, kind: EdfKind): boolean {
  return !isInteger(dtype) || !isWithin(typeRange(dtype), kind)
}

/**
 * Finds out how each channel of a stream is stored: integers as they are where they fit, all else over a range.
 * @throws RecorderError when there is no range, or a limit cannot be said in the format
 */
export function planChannels(
  path: string,
  stream: ExportStream,
  { kind, options }: { kind: EdfKind; options: EdfOptions }
): ChannelPlan[] {
  return stream.channelInfo.map((channel, k) => {
    const wanted = options.range === undefined ? undefined : rangeOption(options.range, channel.name)
    const plan =
      wanted === undefined && isExact(stream, k, kind)
        ? planExact(stream, channel, kind)
        : planRange(path, { stream, channel, kind, range: wanted ?? physicalRange(stream, k) })
    if (plan !== undefined) return plan
    const unit = channel.unit ?? ''
    throw new RecorderError(path, `channel '${channel.name}': its limits in '${unit}' do not fit into eight characters`)
  })
}

function planExact(stream: ExportStream, channel: RecordedChannel, kind: EdfKind): ChannelPlan | undefined {
  const { gain = 1, offset = 0 } = channel
  const [least, greatest] = EDF_RANGE[kind]
  const limits = isWithin(typeRange(stream.dtype), kind) ? smallRange(stream) : EDF_RANGE[kind]
  const scaling =
    givenScaling(channel, kind) ?? scalingOfIntegers({ gain, offset, unit: asciiUnit(channel.unit) }, limits)
  return scaling && { scaling, isExact: true, factor: 1, shift: 0, least, greatest, zero: nearestToZero(scaling) }
}

function planRange(
  path: string,
  from: { stream: ExportStream; channel: RecordedChannel; kind: EdfKind; range: ChannelRange | undefined }
): ChannelPlan | undefined {
  const { stream, channel, kind, range } = from
  const { gain = 1, offset = 0 } = channel
  if (range === undefined) {
    const what = `channel '${channel.name}' of stream '${stream.name}' (${stream.dtype.name})`
    const how = "give the option 'range', or physicalMin and physicalMax in its channelInfo"
    throw new RecorderError(path, `${what}: ${kind} needs to know its range before the first sample: ${how}`)
  }
  const unit = asciiUnit(channel.unit)
  const scaling = scalingOfRange({ least: range.min, greatest: range.max, unit }, kind)
  if (scaling === undefined) return undefined
  // In the unit that the file says.
  const { unitFactor } = scaling
  return {
    scaling,
    isExact: false,
    factor: gain / unitFactor / scaling.storedGain,
    shift: (offset / unitFactor - scaling.storedOffset) / scaling.storedGain,
    least: scaling.digitalMin,
    greatest: scaling.digitalMax,
    zero: nearestToZero(scaling)
  }
}

/** Limits that the channel came with from another file of this kind, where they say the same scale: so it stays as it was. */
function givenScaling(
  { unit, gain = 1, offset = 0, ...channel }: RecordedChannel,
  kind: EdfKind
): EdfScaling | undefined {
  const limit = (key: string): number => (typeof channel[key] === 'number' ? channel[key] : NaN)
  const [digitalMin, digitalMax] = [limit('digitalMin'), limit('digitalMax')]
  const [min, max] = [limit('physicalMin'), limit('physicalMax')]
  const [least, greatest] = EDF_RANGE[kind]
  if (!(digitalMin >= least && digitalMax <= greatest && digitalMin < digitalMax)) return undefined
  const [physicalMinField, physicalMaxField] = [field8(min), field8(max)]
  if (Number(physicalMinField) !== min || Number(physicalMaxField) !== max) return undefined
  const scaling = scalingOfLimits(
    {
      unit: asciiUnit(unit),
      digitalMin,
      digitalMax,
      physicalMinField: physicalMinField!,
      physicalMaxField: physicalMaxField!
    },
    gain
  )
  const isSame = scaling.relativeGainError < 1e-12 && Math.abs(scaling.storedOffset - offset) <= 1e-9 * Math.abs(gain)
  return isSame ? scaling : undefined
}

/** The stored numbers of a channel fit. */
function isExact({ dtype, range }: ExportStream, channel: number, kind: EdfKind): boolean {
  if (!isInteger(dtype)) return false
  if (isWithin(typeRange(dtype), kind)) return true
  const known = range?.[channel]
  // Live, 32 bits come from converters of 24.
  return known === undefined ? kind === 'BDF' && dtype.kind === 'i' && dtype.itemSize === 4 : isWithin(known, kind)
}

/** In the unit of the channel. */
function physicalRange({ range, channelInfo }: ExportStream, channel: number): ChannelRange | undefined {
  const { gain = 1, offset = 0, physicalMin, physicalMax } = channelInfo[channel]!
  const stored = range?.[channel]
  if (stored !== undefined) {
    const ends = [stored.min * gain + offset, stored.max * gain + offset]
    return { min: Math.min(...ends), max: Math.max(...ends) }
  }
  const isGiven = typeof physicalMin === 'number' && typeof physicalMax === 'number' && physicalMin < physicalMax
  return isGiven ? { min: physicalMin, max: physicalMax } : undefined
}

function rangeOption(range: NonNullable<EdfOptions['range']>, channel: string): ChannelRange | undefined {
  const limits = 'min' in range ? range : (range as Readonly<Record<string, ChannelRange>>)[channel]
  return limits as ChannelRange | undefined
}

function isInteger({ kind }: ExportStream['dtype']): boolean {
  return kind === 'i' || kind === 'u'
}

function isWithin({ min, max }: ChannelRange, kind: EdfKind): boolean {
  const [least, greatest] = EDF_RANGE[kind]
  return min >= least && max <= greatest
}

/** What integers of a type can be. */
function typeRange({ kind, itemSize }: ExportStream['dtype']): ChannelRange {
  const bits = itemSize * 8
  return kind === 'u' ? { min: 0, max: 2 ** bits - 1 } : { min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 }
}

/** Limits of 16 bits can be said with fewer digits than those of 24. */
function smallRange({ dtype }: ExportStream): readonly [number, number] {
  const { min, max } = typeRange(dtype)
  return max <= EDF_RANGE.EDF[1] ? EDF_RANGE.EDF : [min, max]
}

function nearestToZero({ storedGain, storedOffset, digitalMin, digitalMax }: EdfScaling): number {
  return Math.min(digitalMax, Math.max(digitalMin, Math.round(-storedOffset / storedGain)))
}

import { RecorderError } from '../../recorders/RecorderError.ts'
import type { RecordedStream } from '../../files/SampleFile.ts'
import { asciiUnit, EDF_RANGE, scalingOfIntegers, scalingOfRange, type EdfKind, type EdfScaling } from './scaling.ts'

/** How one channel gets into the file: digital = round((stored × gain + offset − storedOffset) / storedGain). */
export interface ChannelPlan {
  readonly scaling: EdfScaling
  /** The stored numbers are the digital ones. */
  readonly isExact: boolean
  /** From the stored number to the digital one. */
  readonly factor: number
  readonly shift: number
  /** The digital value nearest to 0 in the unit of the channel. */
  readonly zero: number
}

/** Rows that are looked at together. */
const BLOCK = 65_536

/** Finds out how each channel of a stream is stored. @throws {RecorderError} when a limit cannot be said in the format */
export async function planChannels(path: string, stream: RecordedStream, kind: EdfKind): Promise<ChannelPlan[]> {
  const [min, max] = EDF_RANGE[kind]
  const isSmall = 'iu'.includes(stream.dtype.kind) && isWithin(stream, min, max)
  const ranges = isSmall ? undefined : await rangesOf(stream)
  return stream.channelInfo.map(({ gain = 1, offset = 0, unit, name }, k) => {
    const isExact =
      isSmall || ('iu'.includes(stream.dtype.kind) && ranges![k]!.least >= min && ranges![k]!.greatest <= max)
    const ascii = asciiUnit(unit)
    const range = ranges?.[k]
    const scaling = isExact
      ? scalingOfIntegers({ gain, offset, unit: ascii }, isSmall ? smallRange(stream) : EDF_RANGE[kind])
      : scalingOfRange(physical(range!, { gain, offset, unit: ascii }), kind)
    if (scaling === undefined) {
      throw new RecorderError(path, `channel '${name}': its limits in '${unit ?? ''}' do not fit into eight characters`)
    }
    if (isExact) return { scaling, isExact, factor: 1, shift: 0, zero: nearest(scaling) }
    // In the unit that the file says.
    const unitFactor = factorOf(ascii, scaling.unit)
    const factor = gain / unitFactor / scaling.storedGain
    const shift = (offset / unitFactor - scaling.storedOffset) / scaling.storedGain
    return { scaling, isExact, factor, shift, zero: nearest(scaling) }
  })
}

interface Range {
  least: number
  greatest: number
}

function physical({ least, greatest }: Range, { gain, offset, unit }: { gain: number; offset: number; unit: string }) {
  const ends = [least * gain + offset, greatest * gain + offset]
  return { least: Math.min(...ends), greatest: Math.max(...ends), unit }
}

function isWithin(stream: RecordedStream, min: number, max: number): boolean {
  const [least, greatest] = rangeOf(stream)
  return least >= min && greatest <= max
}

/** What integers of the stream's type can be. */
function rangeOf({ dtype }: RecordedStream): readonly [number, number] {
  const bits = dtype.itemSize * 8
  return dtype.kind === 'u' ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1]
}

/** Limits of 16 bits can be said with fewer digits than those of 24. */
function smallRange(stream: RecordedStream): readonly [number, number] {
  const [least, greatest] = rangeOf(stream)
  return greatest <= EDF_RANGE.EDF[1] ? EDF_RANGE.EDF : [least, greatest]
}

function nearest({ storedGain, storedOffset, digitalMin, digitalMax }: EdfScaling): number {
  return Math.min(digitalMax, Math.max(digitalMin, Math.round(-storedOffset / storedGain)))
}

const POWERS: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, k: 3 }

/** How many of the one unit are one of the other: 1000 from `uV` to `mV`. */
function factorOf(from: string, to: string): number {
  if (from === to) return 1
  const power = (unit: string): number => (unit.length > 1 ? (POWERS[unit[0]!] ?? 0) : 0)
  return 10 ** (power(to) - power(from))
}

/** Least and greatest finite number of each channel. */
async function rangesOf(stream: RecordedStream): Promise<Range[]> {
  const count = stream.channelCount
  const ranges = Array.from({ length: count }, () => ({ least: Infinity, greatest: -Infinity }))
  for (let row = 0; row < stream.sampleCount; row += BLOCK) {
    const block = await stream.read(row, Math.min(row + BLOCK, stream.sampleCount), 'digital')
    const values = block.astype('float64').typed() as Float64Array
    for (let at = 0; at < values.length; at++) {
      const value = values[at]!
      if (!Number.isFinite(value)) continue
      const range = ranges[at % count]!
      if (value < range.least) range.least = value
      if (value > range.greatest) range.greatest = value
    }
  }
  return ranges.map((range) => (range.least > range.greatest ? { least: 0, greatest: 0 } : range))
}

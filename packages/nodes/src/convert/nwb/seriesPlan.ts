import type { RecordedChannel } from '../../files/SampleFile.ts'
import type { ExportStream } from '../Exporter.ts'

/** Channels of a stream that one NWB series can hold: it has one unit and one offset. */
export interface SeriesPlan {
  /** Places in the sample; undefined for all of it, of whatever shape. */
  readonly channels: readonly number[] | undefined
  readonly isVoltage: boolean
  /** `volts`, or that of the channels */
  readonly unit: string
  /** unit = stored × conversion × channelConversion + offset */
  readonly conversion: number
  readonly channelConversion: readonly number[] | undefined
  readonly offset: number
}

const VOLTS: Readonly<Record<string, number>> = { V: 1, mV: 1e-3, uV: 1e-6, µV: 1e-6, μV: 1e-6, nV: 1e-9 }

/** V in one of the unit, undefined where it is no voltage. */
function voltsIn(unit = ''): number | undefined {
  const short = /^(?<prefix>milli|micro|nano)?volts?$/i.exec(unit)
  if (short === null) return VOLTS[unit]
  return { milli: 1e-3, micro: 1e-6, nano: 1e-9 }[short.groups!['prefix']?.toLowerCase() ?? ''] ?? 1
}

/**
 * The series that hold a stream: voltages as ElectricalSeries, which may have gains of their own for each channel; anything
 * else by unit and gain. Channels with another offset are in a series of their own, so that stored integers stay as they are.
 */
export function planSeries({ sampleShape, channelInfo }: ExportStream): SeriesPlan[] {
  if (sampleShape.length > 1) return [{ ...planOf(channelInfo.slice(0, 1), undefined), isVoltage: false }]
  const groups = Map.groupBy(channelInfo.keys(), (channel) => keyOf(channelInfo[channel]!))
    .values()
    .toArray()
  return groups.map((channels) =>
    planOf(
      channels.map((channel) => channelInfo[channel]!),
      groups.length === 1 ? undefined : channels
    )
  )
}

function keyOf({ unit, gain = 1, offset = 0 }: RecordedChannel): string {
  const volts = voltsIn(unit)
  return JSON.stringify(volts === undefined ? [unit ?? '', gain, offset] : ['volts', offset * volts])
}

function planOf(infos: readonly RecordedChannel[], channels: readonly number[] | undefined): SeriesPlan {
  const { unit, gain = 1, offset = 0 } = infos[0] ?? {}
  const volts = voltsIn(unit)
  if (volts === undefined) {
    return { channels, isVoltage: false, unit: unit ?? 'n/a', conversion: gain, channelConversion: undefined, offset }
  }
  const gains = infos.map((info) => (info.gain ?? 1) * voltsIn(info.unit)!)
  const isUniform = gains.every((each) => each === gains[0])
  return {
    channels,
    isVoltage: true,
    unit: 'volts',
    conversion: isUniform ? gains[0]! : 1,
    channelConversion: isUniform ? undefined : gains,
    offset: offset * volts
  }
}

import type { ChannelInfo } from '@nodeacq/stream'
import type { XmlElement } from '../../xml.ts'
import type { LslStreamInfo } from '../wire/streamInfo.ts'

/** Units as programs of LSL write them, and as they are written elsewhere. */
const UNITS: Readonly<Record<string, string>> = {
  microvolt: 'uV',
  microvolts: 'uV',
  µv: 'uV',
  uv: 'uV',
  millivolt: 'mV',
  millivolts: 'mV',
  volt: 'V',
  volts: 'V',
  nanovolts: 'nV'
}

/**
 * The channels that a stream describes at `desc/channels/channel`: `label` is the name, `unit` and `type` are kept, and so is whatever
 * else has one text. Channels that are not described are numbered.
 */
export function channelInfoOf({ desc, channelCount }: LslStreamInfo): ChannelInfo[] {
  const channels = childOf(desc, 'channels')?.children.filter(({ name }) => name === 'channel') ?? []
  return Array.from({ length: channelCount }, (_, k) => {
    const fields = (channels[k]?.children ?? []).flatMap(({ name, text }) =>
      text === undefined ? [] : [[name, text.trim()] as const]
    )
    const { label, unit, ...rest } = Object.fromEntries(fields) as Partial<Record<string, string>>
    return { ...rest, name: label || `ch${k}`, ...(unit && { unit: UNITS[unit.toLowerCase()] ?? unit }) }
  })
}

/** The unit that all channels have; undefined where they differ. */
export function commonUnit(channels: readonly ChannelInfo[]): string | undefined {
  const units = new Set(channels.map(({ unit }) => unit))
  const [unit] = units
  return units.size === 1 && typeof unit === 'string' ? unit : undefined
}

function childOf(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((child) => child.name === name)
}

import { ConfigError } from '@nodeacq/core'
import { parseDType } from '@nodeacq/ndarray'
import type { ChannelInfo, StreamInfo } from '@nodeacq/stream'
import type { XmlElement } from '../../xml.ts'
import { formatOfDType, type LslFormat } from '../formats.ts'

/** Units as programs of LSL write them. */
const UNITS: Readonly<Record<string, string>> = { uV: 'microvolts', µV: 'microvolts', mV: 'millivolts', V: 'volts' }

export function isEventInfo({ streamType }: StreamInfo): boolean {
  return streamType.startsWith('event')
}

function isScaled({ scale, offset }: StreamInfo): boolean {
  return scale != null || offset != null
}

/** Format and channels of a stream for LSL. @throws {ConfigError} for what it has no format for */
export function layoutOf(info: StreamInfo, subject: string): { channelFormat: LslFormat; channelCount: number } {
  if (isEventInfo(info)) return { channelFormat: 'string', channelCount: 1 }
  const { dtype, shape } = info
  const channelFormat = formatOfDType(parseDType(dtype).toNative().name, isScaled(info))
  if (channelFormat !== undefined && shape.length <= 2) return { channelFormat, channelCount: shape[1] ?? 1 }
  const got = `${JSON.stringify(dtype)} of shape (${shape.join(', ')})`
  throw new ConfigError(subject, [
    `expected numbers of up to 64 bits of shape (samples, channels), or events; got ${got}`
  ])
}

type Described = Pick<StreamInfo, 'channelInfo' | 'units'>

/** `desc` as programs of LSL read it: `channels/channel/{label, unit, type}`, and whatever else is known of the channels. */
export function describeChannels(info: Described, channelCount: number, type: string): XmlElement {
  const channels = Array.from({ length: channelCount }, (_, k) => channelElement(info, k, type))
  return element('desc', [element('channels', channels), element('acquisition', [leaf('software', 'nodeacq')])])
}

function channelElement({ channelInfo, units }: Described, k: number, type: string): XmlElement {
  const { name = `ch${k}`, unit, type: own, ...rest }: Partial<ChannelInfo> = channelInfo?.[k] ?? {}
  const units1 = typeof units === 'string' ? units : (units[k] ?? '')
  const unitText = typeof unit === 'string' && unit !== '' ? unit : units1
  const more = Object.entries(rest).filter(([key, value]) => isPlain(key, value))
  return element('channel', [
    leaf('label', name),
    leaf('unit', UNITS[unitText] ?? unitText),
    leaf('type', typeof own === 'string' ? own : type),
    ...more.map(([key, value]) => leaf(key, String(value)))
  ])
}

function isPlain(key: string, value: unknown): boolean {
  return /^[A-Za-z_][\w.-]*$/.test(key) && (typeof value === 'string' || typeof value === 'number')
}

function element(name: string, children: readonly XmlElement[]): XmlElement {
  return { name, attributes: {}, children }
}

function leaf(name: string, text: string): XmlElement {
  return { name, attributes: {}, children: [], text }
}

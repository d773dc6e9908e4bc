import { parseXml, writeXml, type XmlElement } from '../../xml.ts'
import type { RecordedChannel } from '../SampleFile.ts'
import { NUMBER_FORMATS } from './chunks.ts'

/** Documents nest descriptions of devices. */
export const XML = { error: Error, maxDepth: 32 }

/** More channels than any stream has; a damaged header may name billions. */
const MAX_CHANNELS = 65_536

/** What nodeacq says of a stream in `<desc><nodeacq>`, so that indexes, types and units come back as they were. */
export interface OwnFacts {
  readonly streamType: string
  /** numpy's name of the numbers before they were widened. */
  readonly dtype: string
  /** Index of the sample at `startTime`. */
  readonly startIndex: number
  /** s, of the stream's clock */
  readonly startTime: number
  /** Of one sample. */
  readonly shape: readonly number[]
}

/** `labels`: of the events of one stream; `events`, `gaps`: one JSON object each, with indexes. */
export type TextRole = 'labels' | 'events' | 'gaps'

/** A StreamHeader chunk. */
export interface StreamHeader {
  readonly name: string
  /** `EEG`, `Markers` … */
  readonly type: string
  readonly channelCount: number
  /** Hz; 0: irregular */
  readonly nominalRate: number
  /** A key of `NUMBER_FORMATS`, or `string`. */
  readonly format: string
  readonly channels: readonly RecordedChannel[]
  /** Times are true and samples may be missing: nothing is to be smoothed. */
  readonly canDropSamples: boolean
  readonly own: OwnFacts | undefined
  /** Of a stream of texts that nodeacq wrote: what they are. */
  readonly role: TextRole | undefined
  /** Of `info`, what is one text: `source_id`, `hostname` … */
  readonly info: Readonly<Record<string, string>>
}

/** Bytes of a number of the stream; 0 for texts. */
export function itemSizeOf(format: string): number {
  return { int8: 1, int16: 2, int32: 4, int64: 8, float32: 4, double64: 8 }[format] ?? 0
}

/**
 * Reads the text of a StreamHeader.
 * @throws {Error} what is wrong with it, without the file
 */
export function parseStreamHeader(text: string): StreamHeader {
  const root = parseXml(text, XML)
  const info = textsOf(root)
  const channelCount = Number(info['channel_count'])
  const nominalRate = Number(info['nominal_srate'])
  const format = info['channel_format'] ?? ''
  if (!Number.isInteger(channelCount) || channelCount < 1 || channelCount > MAX_CHANNELS) {
    throw new Error(`channel_count: expected a number from 1 to ${MAX_CHANNELS}, got '${info['channel_count'] ?? ''}'`)
  }
  if (!(nominalRate >= 0 && nominalRate < 1e12))
    throw new Error(`nominal_srate: expected a rate in Hz, got '${info['nominal_srate'] ?? ''}'`)
  if (format !== 'string' && !(format in NUMBER_FORMATS))
    throw new Error(`channel_format: expected a type of XDF, got '${format}'`)
  const desc = childOf(root, 'desc')
  const ownElement = desc && childOf(desc, 'nodeacq')
  const synchronization = desc && childOf(desc, 'synchronization')
  return {
    name: info['name'] ?? '',
    type: info['type'] ?? '',
    channelCount,
    nominalRate,
    format,
    channels: channelsOf(desc, channelCount, ownElement !== undefined),
    canDropSamples: /^true$/i.test((synchronization && textsOf(synchronization)['can_drop_samples']) ?? ''),
    own: ownElement && ownFactsOf(ownElement, channelCount),
    role: ownElement && roleOf(ownElement),
    info
  }
}

/** The leaves of an element by name, the first of each. */
export function textsOf(element: XmlElement): Record<string, string> {
  const texts: Record<string, string> = {}
  for (const { name, children, text } of element.children)
    if (children.length === 0 && !Object.hasOwn(texts, name)) texts[name] = text ?? ''
  return texts
}

function childOf(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((child) => child.name === name)
}

/** Gains of others are not applied: no reader does, and nobody says what they mean. */
function channelsOf(desc: XmlElement | undefined, count: number, isOwn: boolean): RecordedChannel[] {
  const given = (desc && childOf(desc, 'channels'))?.children.filter(({ name }) => name === 'channel') ?? []
  return Array.from({ length: count }, (_, k) => {
    const { label = '', name = '', gain, offset, ...rest } = given[k] ? textsOf(given[k]) : {}
    const scaling = isOwn
      ? { ...(gain !== undefined && { gain: Number(gain) }), ...(offset !== undefined && { offset: Number(offset) }) }
      : { ...(gain !== undefined && { stated_gain: gain }), ...(offset !== undefined && { stated_offset: offset }) }
    return { ...rest, name: label || name || `ch${k}`, ...scaling }
  })
}

function ownFactsOf(element: XmlElement, channelCount: number): OwnFacts | undefined {
  const { stream_type = 'analogsignal', dtype = '', start_index, start_time, shape } = textsOf(element)
  const [startIndex, startTime] = [Number(start_index ?? NaN), Number(start_time ?? NaN)]
  if (!Number.isSafeInteger(startIndex) || !Number.isFinite(startTime)) return undefined
  const axes = shape === undefined || shape === '' ? [] : shape.split(' ').map(Number)
  const size = axes.reduce((product, length) => product * length, 1)
  return { streamType: stream_type, dtype, startIndex, startTime, shape: size === channelCount ? axes : [channelCount] }
}

function roleOf(element: XmlElement): TextRole | undefined {
  const { role } = textsOf(element)
  return role === 'labels' || role === 'events' || role === 'gaps' ? role : undefined
}

/** What a StreamHeader is written of. */
export interface HeaderFacts {
  readonly name: string
  readonly type: string
  readonly channelCount: number
  readonly nominalRate: number
  readonly format: string
  readonly channels: readonly RecordedChannel[]
  readonly sourceId: string
  readonly hostname: string
  /** Of numbers. */
  readonly own?: OwnFacts
  /** Of texts. */
  readonly role?: TextRole
}

export function streamHeaderXml(facts: HeaderFacts): string {
  const { own, role } = facts
  const channels = facts.channels.map(({ name, unit = '', gain, offset, type, ...rest }) => {
    const others = Object.entries(rest).filter(([key, value]) => /^[A-Za-z_][\w.-]*$/.test(key) && isPlain(value))
    return element('channel', [
      leaf('label', name),
      leaf('unit', unit),
      leaf('type', typeof type === 'string' ? type : facts.type),
      ...(gain === undefined ? [] : [leaf('gain', String(gain))]),
      ...(offset === undefined ? [] : [leaf('offset', String(offset))]),
      ...others.map(([key, value]) => leaf(key, String(value)))
    ])
  })
  const ownFacts = own && [
    leaf('stream_type', own.streamType),
    leaf('dtype', own.dtype),
    leaf('start_index', String(own.startIndex)),
    leaf('start_time', String(own.startTime)),
    leaf('shape', own.shape.join(' '))
  ]
  const desc = element('desc', [
    element('channels', channels),
    element('synchronization', [leaf('can_drop_samples', 'true')]),
    ...(ownFacts ? [element('nodeacq', ownFacts)] : []),
    ...(role ? [element('nodeacq', [leaf('role', role)])] : [])
  ])
  return writeXml(
    element('info', [
      leaf('name', facts.name),
      leaf('type', facts.type),
      leaf('channel_count', String(facts.channelCount)),
      leaf('nominal_srate', String(facts.nominalRate)),
      leaf('channel_format', facts.format),
      leaf('source_id', facts.sourceId),
      leaf('hostname', facts.hostname),
      desc
    ])
  )
}

/** @param start ns of UTC, where known. @param notes texts to keep, by name */
export function fileHeaderXml(start?: bigint, notes: Readonly<Record<string, string>> = {}): string {
  const datetime = start === undefined ? [] : [leaf('datetime', isoSeconds(start)), leaf('utc_ns', String(start))]
  const kept = Object.entries(notes).map(([key, text]) => note(key, text))
  const provenance = kept.length === 0 ? [] : [element('provenance', kept)]
  return writeXml(element('info', [leaf('version', '1.0'), ...datetime, ...provenance]))
}

export interface FooterFacts {
  /** s */
  readonly firstTime: number
  readonly lastTime: number
  readonly count: number
  /** Time and offset of each clock mark. */
  readonly offsets: readonly (readonly [time: number, offset: number])[]
}

export function footerXml({ firstTime, lastTime, count, offsets }: FooterFacts): string {
  const span = lastTime - firstTime
  return writeXml(
    element('info', [
      leaf('first_timestamp', String(firstTime)),
      leaf('last_timestamp', String(lastTime)),
      leaf('sample_count', String(count)),
      ...(span > 0 ? [leaf('measured_srate', String((count - 1) / span))] : []),
      element(
        'clock_offsets',
        offsets.map(([time, value]) => element('offset', [leaf('time', String(time)), leaf('value', String(value))]))
      )
    ])
  )
}

function isPlain(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

function note(key: string, text: string): XmlElement {
  return { name: 'note', attributes: { name: key }, children: [], text }
}

function leaf(name: string, text: string): XmlElement {
  return { name, attributes: {}, children: [], text }
}

function element(name: string, children: readonly XmlElement[]): XmlElement {
  return { name, attributes: {}, children }
}

/** `2024-03-02T10:20:30+0000`, as LabRecorder writes it. */
function isoSeconds(ns: bigint): string {
  return new Date(Number(ns / 1_000_000n)).toISOString().replace(/\.\d+Z$/, '+0000')
}

/**
 * The header of a stream: XML, as discovery, `LSL:fullinfo` and the feed 1.00 carry it.
 *
 *   <?xml version="1.0"?>
 *   <info>
 *     name, type, channel_count, channel_format, source_id, nominal_srate, version, created_at, uid, session_id, hostname,
 *     v4address, v4data_port, v4service_port, v6address, v6data_port, v6service_port     one element each, in this order
 *     desc                                                        free; empty in what discovery carries ("short")
 *   </info>
 *
 * Numbers have 16 significant digits and a point, whole ones none. Source: liblsl 1.17, `stream_info_impl.cpp`.
 */
import { parseXml, type XmlElement } from '../../xml.ts'
import { isLslFormat, LSL_FORMATS, type LslFormat } from '../formats.ts'
import { LslFormatError } from '../LslError.ts'
import { formatFixed } from '../numbers.ts'

/** What a stream says of itself. */
export interface LslStreamInfo {
  readonly name: string
  /** What it carries: `EEG`, `Markers`, `Audio` … */
  readonly type: string
  readonly channelCount: number
  readonly channelFormat: LslFormat
  /** Names the device or program, also after a restart; empty: such a stream cannot be found again. */
  readonly sourceId: string
  /** Hz; 0 where samples come at no regular rate. */
  readonly nominalRate: number
  /** Of the protocol: 1.1. */
  readonly version: number
  /** s on the clock of the outlet. */
  readonly createdAt: number
  /** Of this outlet, until it ends; lower case. */
  readonly uid: string
  readonly sessionId: string
  readonly hostname: string
  /** Addresses are known to who asked, and empty on the wire. */
  readonly v4Address: string
  /** Ports: 0 where the outlet does not serve that version of IP. */
  readonly v4DataPort: number
  readonly v4ServicePort: number
  readonly v6Address: string
  readonly v6DataPort: number
  readonly v6ServicePort: number
  /** Element `desc` with all that the sender had to say. */
  readonly desc: XmlElement
}

export const NO_DESC: XmlElement = { name: 'desc', attributes: {}, children: [] }

/** Longest header that is read, characters, and elements within each other. */
export const MAX_HEADER = 16 << 20
const MAX_DEPTH = 64
/** Channels that a stream may have. */
const MAX_CHANNELS = 1 << 20
const DECLARATION = '<?xml version="1.0"?>\n'

/** The header with everything under `desc`. */
export function encodeFullInfo(info: LslStreamInfo): string {
  return `${DECLARATION}${lines(infoElement(info), 0)}`
}

/** The header with an empty `desc`. */
export function encodeShortInfo(info: LslStreamInfo): string {
  return encodeFullInfo({ ...info, desc: NO_DESC })
}

/** As an element, which queries are asked of. */
export function infoElement(info: LslStreamInfo): XmlElement {
  const leaf = (name: string, text: string | number): XmlElement => ({
    name,
    attributes: {},
    children: [],
    text: String(text)
  })
  return {
    name: 'info',
    attributes: {},
    children: [
      leaf('name', info.name),
      leaf('type', info.type),
      leaf('channel_count', info.channelCount),
      leaf('channel_format', info.channelFormat),
      leaf('source_id', info.sourceId),
      leaf('nominal_srate', formatFixed(info.nominalRate)),
      leaf('version', formatFixed(info.version)),
      leaf('created_at', formatFixed(info.createdAt)),
      leaf('uid', info.uid),
      leaf('session_id', info.sessionId),
      leaf('hostname', info.hostname),
      leaf('v4address', info.v4Address),
      leaf('v4data_port', info.v4DataPort),
      leaf('v4service_port', info.v4ServicePort),
      leaf('v6address', info.v6Address),
      leaf('v6data_port', info.v6DataPort),
      leaf('v6service_port', info.v6ServicePort),
      info.desc
    ]
  }
}

/** Reads a header, short or full, however it is laid out. @throws {LslFormatError} */
export function parseStreamInfo(xml: string): LslStreamInfo {
  if (xml.length > MAX_HEADER) throw new LslFormatError(`LSL header: longer than ${MAX_HEADER} characters`)
  const root = parseXml(xml, { error: LslFormatError, maxDepth: MAX_DEPTH })
  if (root.name !== 'info') throw new LslFormatError(`LSL header: expected <info>, got <${root.name.slice(0, 40)}>`)
  const element = (name: string): XmlElement | undefined => root.children.find((child) => child.name === name)
  const text = (name: string): string => element(name)?.text ?? ''
  const number = (name: string, isGood: (value: number) => boolean, expected: string): number => {
    const value = Number(text(name).trim() || NaN)
    if (!isGood(value)) throw wrong(name, expected, text(name))
    return value
  }
  const port = (name: string): number =>
    number(name, (value) => Number.isInteger(value) && value >= 0 && value < 65_536, 'a port')
  const channelFormat = text('channel_format')
  if (!isLslFormat(channelFormat)) throw wrong('channel_format', `one of ${LSL_FORMATS.join(', ')}`, channelFormat)
  if (text('name') === '') throw wrong('name', 'a name', '')
  if (text('uid') === '') throw wrong('uid', 'an id', '')
  return {
    name: text('name'),
    type: text('type'),
    channelCount: number(
      'channel_count',
      (value) => Number.isInteger(value) && value >= 0 && value <= MAX_CHANNELS,
      `a whole number up to ${MAX_CHANNELS}`
    ),
    channelFormat,
    sourceId: text('source_id'),
    nominalRate: number('nominal_srate', (value) => value >= 0 && value < Infinity, 'Hz, 0 or more'),
    version: number('version', (value) => value > 0, 'a version above 0'),
    createdAt: number('created_at', Number.isFinite, 's'),
    uid: text('uid'),
    sessionId: text('session_id'),
    hostname: text('hostname'),
    v4Address: text('v4address'),
    v4DataPort: port('v4data_port'),
    v4ServicePort: port('v4service_port'),
    v6Address: text('v6address'),
    v6DataPort: port('v6data_port'),
    v6ServicePort: port('v6service_port'),
    desc: element('desc') ?? NO_DESC
  }
}

function wrong(field: string, expected: string, got: string): LslFormatError {
  return new LslFormatError(`LSL header: ${field}: expected ${expected}, got '${got.slice(0, 40)}'`)
}

/** As pugixml prints it: a tab for each level, `<x></x>` for an empty text, and `<desc />` where nothing is described. */
function lines({ name, text, children }: XmlElement, depth: number): string {
  const indent = '\t'.repeat(depth)
  if (children.length === 0) {
    const isBare = text === undefined && name === NO_DESC.name
    return isBare ? `${indent}<${name} />\n` : `${indent}<${name}>${escapeText(text ?? '')}</${name}>\n`
  }
  const own = text === undefined ? '' : escapeText(text)
  return `${indent}<${name}>${own}\n${children.map((child) => lines(child, depth + 1)).join('')}${indent}</${name}>\n`
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** Control characters but tab and line ends are no XML. */
function escapeText(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are the characters that are meant
  return text.replace(/[&<>]/g, (one) => ESCAPES[one]!).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, ' ')
}

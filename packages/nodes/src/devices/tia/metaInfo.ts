import { TiaFormatError } from './TiaError.ts'
import { signalBitOf, signalTypeOf } from './signalTypes.ts'
import { parseXml, writeXml, type XmlElement } from '../../xml.ts'

/** A signal that a server offers. */
export interface TiaSignalInfo {
  /** Bit of the type, by which packets tell the signal. */
  readonly bit: number
  /** The type's name as it was announced. */
  readonly type: string
  /** Hz. */
  readonly sampleRate: number
  /** Samples of each channel in a packet. */
  readonly blockSize: number
  /** Label of each channel. */
  readonly channels: readonly string[]
}

/** What a server says about itself. */
export interface TiaMetaInfo {
  /** `id`, `firstName`, `surname` and perhaps more. */
  readonly subject: Readonly<Record<string, string>>
  /** The pace: one packet per block of the master. */
  readonly master: { readonly sampleRate: number; readonly blockSize: number }
  readonly signals: readonly TiaSignalInfo[]
}

/** Numbers of a packet are of 16 bits. */
const MAX_COUNT = 0xffff

/**
 * The XML of a server's answer to GetMetaInfo. Channels that are labelled with their number are left out, which means the
 * same: pytia reads 4096 bytes of an answer.
 */
export function encodeMetaInfo({ subject, master, signals }: TiaMetaInfo): string {
  const subjects = Object.keys(subject).length === 0 ? [] : [element('subject', subject)]
  const pace = { samplingRate: String(master.sampleRate), blockSize: String(master.blockSize) }
  return writeXml({
    name: 'tiaMetaInfo',
    attributes: { version: '1.0' },
    children: [...subjects, element('masterSignal', pace), ...signals.map(signalElement)]
  })
}

function signalElement({ bit, sampleRate, blockSize, channels }: TiaSignalInfo): XmlElement {
  const attributes = {
    type: signalTypeOf(bit),
    samplingRate: String(sampleRate),
    blockSize: String(blockSize),
    numChannels: String(channels.length)
  }
  const labelled = channels
    .map((label, k) => element('channel', { nr: String(k + 1), label }))
    .filter(({ attributes: { nr, label } }) => nr !== label)
  return element('signal', attributes, labelled)
}

/** Reads what `encodeMetaInfo`, pytia and libtia write. @throws {TiaFormatError} */
export function parseMetaInfo(xml: string): TiaMetaInfo {
  const root = parseXml(xml, { error: TiaFormatError })
  if (root.name !== 'tiaMetaInfo') throw new TiaFormatError(`TiA meta information: got <${root.name}>`)
  const signals = root.children.filter(({ name }) => name === 'signal').map(parseSignal)
  if (new Set(signals.map(({ bit }) => bit)).size < signals.length)
    throw new TiaFormatError('TiA meta information: two signals are of one type, so that packets cannot tell them')
  const [first] = signals
  if (first === undefined) throw new TiaFormatError('TiA meta information: expected a signal, got none')
  const master = root.children.find(({ name }) => name === 'masterSignal')
  return {
    subject: root.children.find(({ name }) => name === 'subject')?.attributes ?? {},
    master: master === undefined ? first : paceOf(master),
    signals
  }
}

function parseSignal(signal: XmlElement): TiaSignalInfo {
  const type = attributeOf(signal, 'type')
  const count = integerOf(signal, 'numChannels', 1)
  const channels = Array.from({ length: count }, (_, k) => String(k + 1))
  for (const channel of signal.children.filter(({ name }) => name === 'channel')) {
    const nr = integerOf(channel, 'nr', 1)
    if (nr > count) throw new TiaFormatError(`TiA signal '${type}': it has ${count} channels and one of number ${nr}`)
    channels[nr - 1] = attributeOf(channel, 'label')
  }
  return { bit: parseSignalType(type), type, ...paceOf(signal), channels }
}

/** The bit of a type that a peer named. @throws {TiaFormatError} */
export function parseSignalType(type: string): number {
  try {
    return signalBitOf(type)
  } catch (cause) {
    throw new TiaFormatError((cause as RangeError).message, { cause })
  }
}

function paceOf(signal: XmlElement): { sampleRate: number; blockSize: number } {
  return { sampleRate: rateOf(signal), blockSize: integerOf(signal, 'blockSize', 1) }
}

/** Hz; 0 of signals that come when something changes. */
function rateOf(signal: XmlElement): number {
  const text = attributeOf(signal, 'samplingRate')
  const rate = /^\d+(\.\d*)?([eE][+-]?\d{1,2})?$/.test(text.trim()) ? Number(text) : NaN
  if (!Number.isFinite(rate)) throw wrong(signal, 'samplingRate', 'a number of Hz', text)
  return rate
}

/** A whole number of an element, from `least` to 65535. @throws {TiaFormatError} */
export function integerOf(from: XmlElement, name: string, least: number): number {
  const text = attributeOf(from, name)
  const value = /^\d{1,6}$/.test(text.trim()) ? Number(text) : NaN
  if (!(value >= least && value <= MAX_COUNT)) throw wrong(from, name, `a whole number ${least}–${MAX_COUNT}`, text)
  return value
}

/** @throws {TiaFormatError} */
export function attributeOf({ name: of, attributes }: XmlElement, name: string): string {
  const value = attributes[name]
  if (value === undefined) throw new TiaFormatError(`TiA: <${of}> has no ${name}`)
  return value
}

function wrong({ name: of }: XmlElement, name: string, expected: string, got: string): TiaFormatError {
  return new TiaFormatError(`TiA: ${name} of <${of}>: expected ${expected}, got '${got.slice(0, 40)}'`)
}

/** An element of XML. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string>>,
  children: readonly XmlElement[] = []
): XmlElement {
  return { name, attributes, children }
}

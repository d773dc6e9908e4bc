import { attributeOf, element, integerOf, parseSignalType, type TiaMetaInfo, type TiaSignalInfo } from './metaInfo.ts'
import { TiaFormatError } from './TiaError.ts'
import { signalTypeOf } from './signalTypes.ts'
import { parseXml, writeXml, type XmlElement } from '../../xml.ts'

/** What a client wants of a signal. */
export interface CustomSignal {
  readonly bit: number
  /** One sample of so many is sent. */
  readonly factor: number
  /** Channels of the server's list, from 0, rising. */
  readonly channels: readonly number[]
}

/** The XML of SetCustomSignalInfo: some signals of those that are offered, some of their channels, fewer samples. */
export function encodeCustomSignals(wanted: readonly CustomSignal[], offered: TiaMetaInfo): string {
  return writeXml(
    element(
      'tiaCustomSignalInfo',
      { version: '1.0' },
      wanted.map(({ bit, factor, channels }) => {
        const signal = offeredSignal(offered, bit)
        const attributes = {
          type: signal.type,
          samplingRate: String(signal.sampleRate),
          blockSize: String(signal.blockSize),
          downsamplingFactor: String(factor),
          numChannels: String(channels.length)
        }
        const list = channels.map((k) => element('channel', { nr: String(k + 1), label: signal.channels[k]! }))
        return element('signal', attributes, list)
      })
    )
  )
}

/** Reads what `encodeCustomSignals` and libtia write. @throws {TiaFormatError} when it does not suit what is offered */
export function parseCustomSignals(xml: string, offered: TiaMetaInfo): CustomSignal[] {
  const root = parseXml(xml, { error: TiaFormatError })
  if (root.name !== 'tiaCustomSignalInfo') throw new TiaFormatError(`custom signals: got <${root.name}>`)
  const wanted = root.children.filter(({ name }) => name === 'signal').map((signal) => parseWanted(signal, offered))
  if (wanted.length === 0) throw new TiaFormatError('custom signals: expected a signal, got none')
  if (new Set(wanted.map(({ bit }) => bit)).size < wanted.length)
    throw new TiaFormatError('custom signals: two signals are of one type')
  return wanted
}

function parseWanted(signal: XmlElement, offered: TiaMetaInfo): CustomSignal {
  const type = attributeOf(signal, 'type')
  const { bit, channels } = offeredSignal(offered, parseSignalType(type))
  const factor = integerOf(signal, 'downsamplingFactor', 1)
  const count = integerOf(signal, 'numChannels', 1)
  const numbers = signal.children
    .filter(({ name }) => name === 'channel')
    .map((channel) => {
      const nr = integerOf(channel, 'nr', 1)
      const label = attributeOf(channel, 'label')
      if (channels[nr - 1] !== label)
        throw new TiaFormatError(`custom signals: channel ${nr} of '${type}' is not labelled '${label}'`)
      return nr - 1
    })
  if (numbers.length !== count || new Set(numbers).size !== count)
    throw new TiaFormatError(`custom signals: '${type}' is to have ${count} channels, and lists ${numbers.length}`)
  return { bit, factor, channels: numbers.toSorted((a, b) => a - b) }
}

function offeredSignal({ signals }: TiaMetaInfo, bit: number): TiaSignalInfo {
  const signal = signals.find((one) => one.bit === bit)
  if (signal === undefined) throw new TiaFormatError(`custom signals: '${signalTypeOf(bit)}' is not offered`)
  return signal
}

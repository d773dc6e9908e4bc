import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  encodeMessage,
  isErrorMessage,
  MessageReader,
  reasonOf,
  type TiaMessage
} from '../../src/devices/tia/controlMessages.ts'
import { encodeMetaInfo, parseMetaInfo } from '../../src/devices/tia/metaInfo.ts'
import { TiaFormatError } from '../../src/devices/tia/TiaError.ts'
import { libtia, misreading, pytia } from './vectors.ts'

function read(text: string, options?: { maxContent: number }): TiaMessage[] {
  return [...new MessageReader(options).push(Buffer.from(text))]
}

const answers = [...pytia.control!, ...libtia.control!].map(({ recv }) => recv).filter((text) => text !== '')
const requests = [...pytia.control!, ...libtia.control!].map(({ send }) => send)

test.each([...new Set([...answers, libtia.serverState!])])('an answer of a server, both ways: %j', (text) => {
  const [message, ...others] = read(text)
  expect(others).toEqual([])
  expect(Buffer.from(encodeMessage(message!)).toString()).toBe(text)
})

test.each([...new Set(requests.filter((text) => text.startsWith('TiA 1.0')))])('a request, both ways: %j', (text) => {
  const [message, ...others] = read(text)
  expect(others).toEqual([])
  expect(Buffer.from(encodeMessage(message!)).toString()).toBe(text.replaceAll('\r', '').replace(': ', ':'))
})

test('errors tell their reason, whichever way the server has', () => {
  const errors = answers.flatMap((text) => read(text)).filter(isErrorMessage)
  expect(new Set(errors.map(reasonOf))).toEqual(
    new Set([
      'Must send GetDataConnection message first',
      'No existing data connection!',
      'Unknown message type "NoSuchCommand"',
      'Unknown protocol version (requires "1.0")',
      '',
      'Invalid Signal that is not in default SignalInfo.',
      'SignalInfo without any signal is invalid!',
      'expected >',
      'Details:This connection has already a custom config that can not be altered!',
      'UDP with a custom signalinfo is not supported!'
    ])
  )
  const described = '<tiaError version="1.0" description="a &lt; b"/>'
  expect(reasonOf({ command: 'Error', parameter: '', content: described })).toBe('a < b')
  expect(isErrorMessage({ command: 'OK', parameter: '', content: '' })).toBe(false)
})

test('the length counts bytes, and line ends after the content are nobody’s', () => {
  const content = '<a label="µV é"/>'
  const bytes = Buffer.concat([
    encodeMessage({ command: 'MetaInfo', content }),
    Buffer.from('\n\r\n'),
    encodeMessage({ command: 'OK' })
  ])
  const messages = [...new MessageReader().push(bytes)]
  expect(messages.map(({ command }) => command)).toEqual(['MetaInfo', 'OK'])
  expect(messages[0]!.content).toBe(content)
})

test.each([
  ['TiA 2.0\nCheckProtocolVersion\n\n', 'expected \'TiA 1.0\', got "TiA 2.0"'],
  ['GET / HTTP/1.1\n', 'got "GET / HTTP/1.1"'],
  ['TiA 1.0\n\n', 'expected a command'],
  ['TiA 1.0\nX\nContent-Length:11\n\n', 'expected a length of 0–10 bytes'],
  ['TiA 1.0\nX\nContent-Length:-1\n\n', "got '-1'"],
  ['TiA 1.0\nX\nContent-Length:1e3\n\n', "got '1e3'"],
  [`TiA 1.0\n${'x'.repeat(1001)}`, 'longer than 1000 bytes'],
  [`TiA 1.0\n${'a:b\n'.repeat(9)}`, 'more than 8 lines']
])('what is no message is refused: %j', (text, reason) => {
  const attempt = (): unknown => read(text, { maxContent: 10 })
  expect(attempt).toThrow(TiaFormatError)
  expect(attempt).toThrow(reason)
})

test('any messages come back, however their bytes are cut', () => {
  const word = fc.stringMatching(/^[A-Za-z0-9]{1,20}$/)
  const message = fc.record({ command: word, parameter: fc.oneof(fc.constant(''), word), content: fc.string() })
  fc.assert(
    fc.property(fc.array(message, { maxLength: 4 }), fc.array(fc.integer({ min: 1, max: 30 })), (messages, cuts) => {
      const bytes = Buffer.concat(messages.map(encodeMessage))
      const reader = new MessageReader()
      const got: TiaMessage[] = []
      let at = 0
      for (const cut of [...cuts, bytes.length]) {
        got.push(...reader.push(bytes.subarray(at, at + cut)))
        at += cut
      }
      expect(got).toEqual(messages)
    })
  )
})

test('any bytes are messages, an error, or not enough', () => {
  const texts = fc.constantFrom(...requests, ...answers).map((text) => Buffer.from(text))
  const changed = fc
    .tuple(texts, fc.nat(), fc.nat(255))
    .map(([bytes, at, value]) => Buffer.from(bytes.map((byte, k) => (k === at % bytes.length ? value : byte))))
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), changed), (bytes) => {
      expect(misreading(() => [...new MessageReader().push(bytes)].some(({ command }) => command === ''))).toBe(false)
    }),
    { numRuns: 500 }
  )
})

test('the meta information of both servers is read, and ours is read as it was', () => {
  const infos = [...pytia.control!, ...libtia.control!]
    .flatMap(({ recv }) => read(recv))
    .filter(({ command }) => command === 'MetaInfo')
    .map(({ content }) => parseMetaInfo(content))
  expect(infos).toHaveLength(3)
  expect(infos[0]).toMatchObject({
    subject: { id: 'subject0', firstName: 'ABC', surname: 'DEF' },
    master: { sampleRate: 50, blockSize: 1 },
    signals: [
      { bit: 0, type: 'eeg', sampleRate: 50, blockSize: 1, channels: ['channel1', 'channel2', 'channel3'] },
      { bit: 16, type: 'user_1', sampleRate: 50, blockSize: 2, channels: ['channel1', 'channel2'] }
    ]
  })
  expect(infos[2]!.signals[0]!.channels).toEqual(['Fz', 'Pz'])
  for (const info of infos) {
    const again = parseMetaInfo(encodeMetaInfo(info))
    expect(again).toEqual({ ...info, signals: again.signals })
    expect(again.signals.map(({ bit, channels }) => [bit, channels])).toEqual(
      info.signals.map(({ bit, channels }) => [bit, channels])
    )
  }
})

const SIGNAL =
  '<signal type="eeg" samplingRate="0.5" blockSize="1" numChannels="2"><channel nr="2" label="B"/></signal>'

test('channels without a label have their number, and the first signal is the pace where none is told', () => {
  const info = parseMetaInfo(`<tiaMetaInfo version="1.0">${SIGNAL}</tiaMetaInfo>`)
  expect(info.signals[0]!.channels).toEqual(['1', 'B'])
  expect(info.master.sampleRate).toBe(0.5)
  expect(encodeMetaInfo(info)).toContain(SIGNAL)
})

test.each([
  ['<other/>', 'got <other>'],
  ['<tiaMetaInfo/>', 'expected a signal'],
  [`<tiaMetaInfo>${SIGNAL}${SIGNAL}</tiaMetaInfo>`, 'one type'],
  [`<tiaMetaInfo>${SIGNAL.replace('"eeg"', '"gsr"')}</tiaMetaInfo>`, "unknown signal type 'gsr'"],
  [`<tiaMetaInfo>${SIGNAL.replace('"0.5"', '"fast"')}</tiaMetaInfo>`, "a number of Hz, got 'fast'"],
  [`<tiaMetaInfo>${SIGNAL.replace('nr="2"', 'nr="3"')}</tiaMetaInfo>`, 'one of number 3'],
  [`<tiaMetaInfo>${SIGNAL.replace('numChannels="2"', '')}</tiaMetaInfo>`, '<signal> has no numChannels'],
  [`<tiaMetaInfo>${SIGNAL.replace('numChannels="2"', 'numChannels="70000"')}</tiaMetaInfo>`, '1–65535']
])('meta information that cannot be is refused: %j', (xml, reason) => {
  expect(() => parseMetaInfo(xml)).toThrow(TiaFormatError)
  expect(() => parseMetaInfo(xml)).toThrow(reason)
})

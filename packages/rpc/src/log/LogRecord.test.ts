import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { callSiteOf } from './callSite.ts'
import { decodeLogRecord, encodeLogRecord, makeLogRecord } from './LogRecord.ts'

interface Vectors {
  log: { label: string; frame_hex?: string; fields?: Record<string, unknown> }[]
}

const file = new URL('../../test/fixtures/log_and_bootstrap.json', import.meta.url)
const vectors = (JSON.parse(readFileSync(file, 'utf8')) as Vectors).log.flatMap(({ label, frame_hex, fields }) =>
  frame_hex === undefined ? [] : [{ label, frame: Buffer.from(frame_hex, 'hex'), fields }]
)

test.each(vectors)('a record of pyacq ($label) is read and written again byte for byte', ({ frame, fields }) => {
  const record = decodeLogRecord(frame)
  expect(record).toEqual(fields)
  expect(encodeLogRecord(record!).toString()).toBe(frame.toString())
})

test('a record made here has the fields of a Python record in its order', () => {
  const pythonKeys = Object.keys(vectors[0]!.fields!)
  const record = makeLogRecord({ name: 'a.b', level: 'warning', message: 'héllo' })
  expect(Object.keys(record)).toEqual(pythonKeys)
  expect(record).toMatchObject({ name: 'a.b', msg: 'héllo', levelname: 'WARNING', levelno: 30, process: process.pid })
  expect(decodeLogRecord(encodeLogRecord(record))).toEqual(record)
})

test('whole times keep their decimal point', () => {
  const record = { ...makeLogRecord({ name: 'a', level: 'info', message: '' }), created: 1795166607, msecs: 0 }
  expect(encodeLogRecord(record).toString()).toContain('"created": 1795166607.0, "msecs": 0.0, ')
})

test('an error becomes the text below the message, with its cause', () => {
  const cause = new Error('outer', { cause: new TypeError('inner') })
  const { exc_text } = makeLogRecord({ name: 'a', level: 'error', message: 'failed', cause })
  expect(exc_text).toMatch(/^Error: outer\n\s+at /)
  expect(exc_text).toContain('TypeError: inner')
})

test('the call site is the caller of the given function', () => {
  function logged() {
    return callSiteOf(logged)
  }
  const site = logged()
  expect(site.path).toMatch(/LogRecord\.test\.ts$/)
  expect(site.line).toBeGreaterThan(1)
  const { filename, module } = makeLogRecord({ name: 'a', level: 'info', message: '', site })
  expect({ filename, module }).toEqual({ filename: 'LogRecord.test.ts', module: 'LogRecord.test' })
})

test.each([
  ['nothing', ''],
  ['no JSON', '{"name": '],
  ['no object', '[1, 2]'],
  ['null', 'null'],
  ['no message', '{"name": "a", "levelno": 20, "created": 1.5}'],
  ['a level that is text', '{"name": "a", "msg": "b", "levelno": "20", "created": 1.5}'],
  ['no time', '{"name": "a", "msg": "b", "levelno": 20}']
])('%s is no record', (_, text) => {
  expect(decodeLogRecord(Buffer.from(text))).toBeUndefined()
})

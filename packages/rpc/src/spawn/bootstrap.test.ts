import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  bootstrapArguments,
  decodeConfig,
  decodeStatus,
  encodeConfig,
  encodeStatus,
  nameInArguments,
  traceOf
} from './bootstrap.ts'

interface Vectors {
  bootstrap: {
    spawner_argv_after_executable: string[]
    spawner_stdin_text: string
    spawner_stdin_text_qt_log: string
    status_messages_hex: [string][]
    status_message_text: string
  }
}

const file = new URL('../../test/fixtures/log_and_bootstrap.json', import.meta.url)
const { bootstrap } = JSON.parse(readFileSync(file, 'utf8')) as Vectors

test.each([bootstrap.spawner_stdin_text, bootstrap.spawner_stdin_text_qt_log])(
  'what a spawner of pyacq writes to the child is read and written again byte for byte: %s',
  (text) => {
    const config = decodeConfig(text)
    expect(config).toEqual(JSON.parse(text))
    expect(encodeConfig(config)).toBe(text)
  }
)

test('the status of a pyacq child is read and written again byte for byte', () => {
  const frame = Buffer.from(bootstrap.status_messages_hex[0]![0], 'hex')
  const status = decodeStatus(frame)!
  expect(status).toEqual({ address: 'tcp://127.0.0.1:43031' })
  expect(encodeStatus(status)).toBe(frame.toString())
  expect(encodeStatus(status)).toBe(bootstrap.status_message_text)
})

test('an error status carries the lines of the trace', () => {
  const status = { error: ['Traceback\n', 'zmq.error.ZMQError: Cannot assign requested address\n'] }
  expect(decodeStatus(Buffer.from(encodeStatus(status)))).toEqual(status)
})

test.each(['', 'OK', '[]', 'null', '{"address": 5}', '{"error": "text"}'])('%j is no status', (text) => {
  expect(decodeStatus(Buffer.from(text))).toBeUndefined()
})

test('the arguments of a child are those of pyacq', () => {
  expect(bootstrapArguments('proc_x')).toEqual(bootstrap.spawner_argv_after_executable)
  expect(bootstrapArguments(undefined)).toEqual(['-m', 'pyacq.core.rpc.bootstrap'])
})

test('a child finds its name after its own options', () => {
  expect(nameInArguments(['--insecure', ...bootstrapArguments('emg')])).toBe('emg')
  expect(nameInArguments(bootstrapArguments(undefined))).toBeUndefined()
  expect(nameInArguments(['-m', 'something.else', 'emg'])).toBeUndefined()
})

test.each(['', '[]', 'null', '{"args": {}}', '{"args": {"address": "tcp://127.0.0.1:*"}, "loglevel": 20}'])(
  'a config that is no spawner’s is refused with what was expected: %j',
  (text) => {
    expect(() => decodeConfig(text)).toThrow(/expected the JSON object of a pyacq process spawner/)
  }
)

test('a trace ends with the class and message, and begins with the cause', () => {
  const lines = traceOf(new RangeError('too fast', { cause: new TypeError('no rate') }))
  expect(lines.at(-1)).toBe('RangeError: too fast\n')
  expect(lines).toContain('TypeError: no rate\n')
  expect(lines.indexOf('TypeError: no rate\n')).toBeLessThan(lines.indexOf('which caused:\n'))
  expect(traceOf('text')).toEqual(['text\n'])
})

import { channel } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { ZmqSocket } from '@nodeacq/zmq'
import { startProcess, waitFor } from 'testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { getLogger } from '../src/log/Logger.ts'
import { LogSender } from '../src/log/LogSender.ts'
import { LogServer } from '../src/log/LogServer.ts'
import { connectLogSender, flushLogs, logAddress, startLogServer } from '../src/log/forwarding.ts'
import { onLogRecord, setLogDisplay } from '../src/log/hub.ts'
import { logLevelNumber, setLogLevel } from '../src/log/levels.ts'
import { makeLogRecord, type LogRecord } from '../src/log/LogRecord.ts'
import { setHostName, getHostName, setProcessName, getProcessName } from '../src/log/names.ts'

let seen: LogRecord[]
let stopListening: () => void

beforeEach(() => {
  setLogDisplay(false)
  seen = []
  stopListening = onLogRecord((record) => seen.push(record))
})
afterEach(() => {
  stopListening()
  setLogLevel('info')
})

const messages = () => seen.map(({ msg }) => msg)
const recordOf = (message: string) => makeLogRecord({ name: 'test', level: 'info', message })

test('a logger makes records from the set level on, with the place that called it', () => {
  const log = getLogger('nodeacq.test')
  setLogLevel('warning')
  expect([log.isEnabled('info'), log.isEnabled('warning')]).toEqual([false, true])
  log.debug('d')
  log.info('i')
  log.warning('w')
  log.error('e', new Error('why'))
  expect(messages()).toEqual(['w', 'e'])
  expect(seen[0]).toMatchObject({ name: 'nodeacq.test', levelname: 'WARNING', levelno: 30, filename: 'log.test.ts' })
  expect(seen[1]?.exc_text).toContain('Error: why')
  expect(getLogger('nodeacq.test')).toBe(log)
})

test('a level may be a number of Python; something else is refused', () => {
  setLogLevel(10)
  expect(getLogger('test').isEnabled('debug')).toBe(true)
  setLogLevel('error')
  expect(logLevelNumber()).toBe(40)
  expect(() => setLogLevel('loud' as 'info')).toThrow(RangeError)
})

test('a listener that throws does not keep the record from the others', async () => {
  const warned = new Promise((resolve) => process.once('warning', resolve))
  const stop = onLogRecord(() => {
    throw new Error('broken listener')
  })
  const later: LogRecord[] = []
  const stopLater = onLogRecord((record) => later.push(record))
  getLogger('test').info('x')
  stop()
  stopLater()
  expect(later).toHaveLength(1)
  expect(await warned).toMatchObject({ message: 'broken listener' })
})

test('what packages without rpc publish on the channel becomes a record', () => {
  const log = channel('nodeacq:log')
  log.publish({ level: 'debug', name: 'nodeacq.zmq', message: 'too detailed' })
  log.publish({ level: 'warning', name: 'nodeacq.stream', message: 'lost 3 samples', cause: new Error('gap') })
  expect(seen).toMatchObject([{ name: 'nodeacq.stream', msg: 'lost 3 samples', filename: 'log.test.ts' }])
})

test('records of a sender arrive at the server in order and with all fields', async () => {
  await using server = await LogServer.start()
  const sender = new LogSender({ address: server.address })
  const sent = Array.from({ length: 3000 }, (_, i) => recordOf(`record ${i}`))
  for (const record of sent) sender.send(record)
  await waitFor(() => seen.length === sent.length)
  expect(seen).toEqual(sent)
  await sender.finish()
})

test('the names of the process go into its records', async () => {
  const [host, name] = [getHostName(), getProcessName()]
  setHostName('lab-pc')
  setProcessName('acquisition')
  expect(recordOf('x')).toMatchObject({ host_name: 'lab-pc', process_name: 'acquisition' })
  setHostName(host)
  setProcessName(name)
})

/** An address where nobody listens yet. */
async function freeAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `tcp://127.0.0.1:${port}`
}

test('a full queue drops records and reports how many once the server is there', async () => {
  const address = await freeAddress()
  const sender = new LogSender({ address, limit: 10 })
  const total = 5000
  for (let i = 0; i < total; i++) sender.send(recordOf(`record ${i}`))
  const dropped = sender.dropped
  expect(dropped).toBeGreaterThan(0)
  await using _server = await LogServer.start({ address })
  await waitFor(() => messages().some((text) => text.includes('were dropped')), {
    what: () => `the report; ${seen.length} records came`
  })
  expect(messages().filter((text) => text.startsWith('record'))).toHaveLength(total - dropped)
  expect(messages().at(-1)).toBe(`${dropped} log records were dropped: the queue of 10 to ${address} was full`)
  expect(sender.dropped).toBe(0)
  await sender.finish()
})

test('frames that are no record are dropped and logged once; the server goes on', async () => {
  await using server = await LogServer.start()
  await using push = new ZmqSocket('push', { linger: 1000 })
  push.connect(server.address)
  await push.send(['not json'])
  await push.send([Buffer.from([0xff, 0xfe, 0x00])])
  await push.send(['{"name": "two"}', 'frames'])
  const sender = new LogSender({ address: server.address })
  await waitFor(() => server.malformed === 3)
  sender.send(recordOf('good'))
  await waitFor(() => messages().includes('good'))
  expect(messages()).toHaveLength(2)
  expect(seen[0]).toMatchObject({ levelname: 'WARNING', name: 'nodeacq.log' })
  await sender.finish()
})

test('a server beyond loopback needs insecure, and says so each time it starts', async () => {
  await expect(LogServer.start({ address: 'tcp://0.0.0.0:*' })).rejects.toThrow(/loopback/)
  await using _server = await LogServer.start({ address: 'tcp://0.0.0.0:*', insecure: true })
  expect(seen).toMatchObject([{ levelname: 'WARNING' }])
})

test('a process has one log server; its address is what children are given', async () => {
  expect(logAddress()).toBeNull()
  const server = await startLogServer()
  expect(logAddress()).toBe(server.address)
  await expect(startLogServer()).rejects.toThrow(server.address)
  expect(() => connectLogSender(server.address)).toThrow(/own log server/)
  await server.close()
  expect(logAddress()).toBeNull()
  const second = await startLogServer()
  await second.close()
})

test('while records go to another process nothing is shown here, and the address is passed on', async () => {
  const received: LogRecord[] = []
  await using server = await LogServer.start({ onRecord: (record) => received.push(record) })
  const sender = connectLogSender(server.address)
  expect(logAddress()).toBe(server.address)
  expect(() => connectLogSender(server.address)).toThrow(/already sends/)
  getLogger('test').info('over there', new Error('why'))
  await waitFor(() => received.length === 1)
  expect(received[0]).toEqual(seen[0])
  await flushLogs()
  expect(logAddress()).toBeNull()
  expect(sender.dropped).toBe(0)
})

test('what a process logs last is shown although it ends at once', async () => {
  await using child = await startProcess(new URL('./fixtures/logAndExit.ts', import.meta.url))
  expect(await child.exited).toEqual({ code: 3, signal: null })
  expect(child.errorLines).toEqual([expect.stringMatching(/^\[.*:process-\d+:thread-0\] .* INFO test: last words$/)])
})

test('what a process logs before it crashes is sent, and the crash is a record', async () => {
  await using server = await LogServer.start()
  await using child = await startProcess(new URL('./fixtures/crash.ts', import.meta.url), [server.address])
  expect(await child.exited).toEqual({ code: 1, signal: null })
  await waitFor(() => seen.length >= 201, { what: () => `201 records, got ${seen.length}` })
  expect(messages().slice(0, 2)).toEqual(['step 0', 'step 1'])
  expect(seen.at(-1)?.msg).toMatch(/^Unhandled exception:\n {4}TypeError: no such channel\n\s+at /)
  expect(seen.at(-1)).toMatchObject({ levelname: 'ERROR', process_name: 'crasher' })
  expect(child.errorLines[0]).toBe('TypeError: no such channel')
})

import { once } from 'node:events'
import { ConfigError, DeviceError } from '@nodeacq/core'
import fc from 'fast-check'
import { waitFor } from 'testing'
import { expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import {
  Mw75Server,
  Mw75Simulator,
  parseFault,
  type Mw75Link,
  type Mw75LinkEvents,
  type Mw75Source
} from '../../src/index.ts'
import { MW75_FAULTS } from '../../src/simulators/mw75/mw75Faults.ts'
import { MessageReader } from './MessageReader.ts'

const QUICK = { firstDelay: 2, longestDelay: 8, settle: 5 }
const SAMPLE = {
  timestamp: 1_700_000_000.5,
  eventId: 239,
  counter: 7,
  ref: 1,
  drl: 2,
  channels: Array.from({ length: 12 }, (_, k) => k),
  featureStatus: 0
}

/** A source that does what the test says. */
class TestSource implements Mw75Source {
  readonly name = 'of the test'
  events: Mw75LinkEvents | undefined
  end: (error?: Error) => void = () => {}
  refusal: Error | undefined
  closed = 0
  failOnClose = false

  async open(events: Mw75LinkEvents): Promise<Mw75Link> {
    await Promise.resolve()
    if (this.refusal) throw this.refusal
    this.events = events
    return {
      batteryLevel: 50,
      ended: new Promise((resolve) => (this.end = resolve)),
      close: async () => {
        await Promise.resolve()
        this.closed += 1
        if (this.failOnClose) throw new Error('stuck')
      }
    }
  }
}

const fault = (simulator: Mw75Simulator, text: string) => simulator.inject(parseFault(text, MW75_FAULTS))

test('a client that does not answer pings is let go, and its place is free', async () => {
  await using simulator = await Mw75Simulator.start({ ping: 30 })
  const silent = new WebSocket(simulator.address, { autoPong: false })
  await once(silent, 'open')
  silent.send(JSON.stringify({ id: '1', type: 'connect' }))
  await once(silent, 'close')
  await using next = await MessageReader.open(simulator.address)
  expect(await next.next()).toMatchObject({ type: 'status', data: { state: 'idle' } })
})

test('the headset is let go when its client leaves, and is there for the next one', async () => {
  const source = new TestSource()
  await using server = await Mw75Server.start({ source })
  for (let round = 1; round <= 3; round++) {
    await using reader = await MessageReader.open(server.address)
    expect(await reader.next()).toMatchObject({ data: { state: 'idle', message: 'Client connected to MW75 server' } })
    reader.send('connect')
    await reader.until('status', { state: 'connected' })
    source.events!.onSample(SAMPLE)
    await waitFor(() => reader.samples.length === 1)
    reader.socket.terminate()
    await waitFor(() => source.closed === round)
  }
})

test('the log comes from the level on that was asked for, as the original formats it', async () => {
  await using simulator = await Mw75Simulator.start({})
  const logged: Record<string, string[]> = {}
  for (const level of ['debug', 'INFO', 'ERROR']) {
    await using reader = await MessageReader.open(simulator.address)
    reader.send('connect', { log_level: level })
    await reader.until('status', { state: 'connected' })
    reader.send('disconnect')
    await reader.until('status', { state: 'idle', message: 'Disconnected from MW75 device' })
    const lines = reader.messages.filter(({ type }) => type === 'log')
    for (const { data } of lines) expect(data['logger']).toBe('nodeacq.Mw75Server')
    logged[level] = lines.map(({ data }) => String(data['message']))
  }
  expect(logged['ERROR']).toEqual([])
  expect(logged['debug']).toEqual(expect.arrayContaining(logged['INFO']!.map(() => expect.any(String) as string)))
  for (const line of logged['INFO']!) expect(line).toMatch(/^\d\d:\d\d:\d\d - nodeacq\.Mw75Server - INFO - \w/)
  expect(logged['INFO']!.length).toBeGreaterThan(1)
})

test('after ten attempts it gives up; a disconnect ends them before', async () => {
  await using simulator = await Mw75Simulator.start({ reconnecting: QUICK })
  await using reader = await MessageReader.open(simulator.address)
  fault(simulator, 'rfcommError=11')
  reader.send('connect', { auto_reconnect: true })
  expect((await reader.until('error')).data).toMatchObject({ code: 'RFCOMM_CONNECTION_FAILED' })
  const texts: unknown[] = []
  for (let k = 1; k <= 10; k++) texts.push((await reader.until('status', { state: 'reconnecting' })).data['message'])
  const delays = [0.002, 0.004, 0.008, 0.008, 0.008, 0.008, 0.008, 0.008, 0.008, 0.008]
  expect(texts).toEqual(delays.map((delay, k) => `Auto-reconnect attempt ${k + 1}/10 in ${delay}s...`))
  const end = await reader.until('error', { code: 'RECONNECT_EXHAUSTED' })
  expect(end.data['message']).toBe('Auto-reconnect failed after 10 attempts')
  reader.send('status')
  expect((await reader.until('status')).data).toMatchObject({ device_state: 'error', auto_reconnect: false })
  fault(simulator, 'bleError=99')
  reader.send('connect', { auto_reconnect: true })
  await reader.until('status', { message: 'Auto-reconnect attempt 2/10 in 0.004s...' })
  reader.send('disconnect')
  await reader.until('status', { state: 'idle' })
  const before = reader.messages.length
  reader.send('ping')
  await reader.until('pong')
  expect(reader.messages.slice(before).map(({ type }) => type)).toEqual(['pong'])
})

test('a disconnect while it connects ends that, and it can connect again', async () => {
  await using simulator = await Mw75Simulator.start({})
  await using reader = await MessageReader.open(simulator.address)
  reader.send('connect')
  await reader.until('status', { state: 'connecting' })
  reader.send('connect')
  expect((await reader.until('error')).data).toMatchObject({ code: 'ALREADY_CONNECTED', message: 'Already connecting' })
  reader.send('disconnect')
  await reader.until('status', { state: 'disconnecting' })
  await reader.until('status', { state: 'idle' })
  reader.send('connect')
  await reader.until('status', { state: 'connected' })
  await waitFor(() => reader.samples.length > 5)
})

test('what goes wrong with a device has the code of its phase', async () => {
  const source = new TestSource()
  await using server = await Mw75Server.start({ source, reconnecting: QUICK })
  await using reader = await MessageReader.open(server.address)
  source.refusal = new Error('no adapter')
  reader.send('connect', { auto_reconnect: true })
  const failed = { code: 'CONNECTION_FAILED', message: 'Failed to connect to device: no adapter' }
  expect((await reader.until('error')).data).toMatchObject(failed)
  const again = { code: 'RECONNECT_FAILED', message: 'Reconnect attempt 1 failed: no adapter' }
  expect((await reader.until('error')).data).toMatchObject(again)
  source.refusal = undefined
  await reader.until('status', { message: 'Successfully connected to MW75 device, streaming EEG data' })
  await reader.until('status', { message: /^Auto-reconnect successful after \d+ attempts$/ })
  source.end(new Error('unplugged'))
  expect((await reader.until('error')).data).toMatchObject({ code: 'DEVICE_ERROR', message: 'Device error: unplugged' })
  await reader.until('status', { state: 'disconnected', message: 'Device connection closed', battery_level: 50 })
  await reader.until('status', { message: 'Auto-reconnect successful after 1 attempts' })
  source.failOnClose = true
  reader.send('disconnect')
  const stuck = { code: 'DISCONNECT_ERROR', message: 'Disconnect error: stuck' }
  expect((await reader.until('error')).data).toMatchObject(stuck)
})

test('whatever a client sends, it gets an error and can go on', async () => {
  await using simulator = await Mw75Simulator.start({})
  await using reader = await MessageReader.open(simulator.address)
  await reader.next()
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string(), fc.json(), fc.uint8Array({ maxLength: 40 })), async (sent) => {
      reader.socket.send(sent)
      expect(['error', 'status', 'pong', 'command_ack']).toContain((await reader.next()).type)
    }),
    { numRuns: 200 }
  )
  reader.send('ping')
  await reader.until('pong')
})

test('a client that does not read gets no samples meanwhile, and the others all', async () => {
  const source = new TestSource()
  await using server = await Mw75Server.start({ source, clients: 2 })
  await using reader = await MessageReader.open(server.address)
  await using lazy = await MessageReader.open(server.address)
  reader.send('connect')
  await reader.until('status', { state: 'connected' })
  lazy.socket.pause()
  for (let k = 0; k < 40_000; k++) {
    source.events!.onSample({ ...SAMPLE, counter: k % 256 })
    // Frames are written when the loop turns.
    if (k % 500 === 0) await waitFor(() => reader.samples.length > k - 2000)
  }
  await waitFor(() => reader.samples.length === 40_000)
  lazy.socket.resume()
  lazy.send('ping')
  await lazy.until('pong')
  expect(lazy.samples.length).toBeGreaterThan(1000)
  expect(lazy.samples.length).toBeLessThan(40_000)
})

test('without clients, asked to connect at once, it keeps the headset and forwards every sample as a flat object', async () => {
  const sink = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  const got: Record<string, unknown>[] = []
  sink.on('connection', (socket) =>
    socket.on('message', (data) => got.push(JSON.parse((data as Buffer).toString()) as Record<string, unknown>))
  )
  await once(sink, 'listening')
  const { port } = sink.address() as { port: number }
  await using simulator = await Mw75Simulator.start({
    autoConnect: true,
    forward: [`ws://127.0.0.1:${port}`],
    reconnecting: QUICK
  })
  await waitFor(() => got.length > 20)
  expect(Object.keys(got[0]!).sort()).toEqual(
    ['channels', 'counter', 'drl', 'event_id', 'feature_status', 'ref', 'timestamp', 'type'].sort()
  )
  expect(got[0]).toMatchObject({ type: 'eeg_data', event_id: 239, ref: 123.5 })
  const counters = got.slice(0, 20).map(({ counter }) => Number(counter))
  expect(counters).toEqual(counters.map((_, k) => (counters[0]! + k) % 256))
  fault(simulator, 'linkLost')
  fault(simulator, 'bleError=12')
  const before = got.length
  // More failures than the ten attempts that a client is granted.
  await waitFor(() => got.length > before + 20)
  {
    await using reader = await MessageReader.open(simulator.address)
    expect(await reader.next()).toMatchObject({ data: { state: 'connected' } })
    await waitFor(() => reader.samples.length > 0)
  }
  const left = got.length
  await waitFor(() => got.length > left + 20)
  for (const socket of sink.clients) socket.terminate()
  await waitFor(() => sink.clients.size === 0)
  await waitFor(() => sink.clients.size === 1)
  await simulator.close()
  sink.close()
})

test('a host beyond loopback, and a port that is taken, are refused', async () => {
  await expect(Mw75Simulator.start({ host: '0.0.0.0' })).rejects.toThrow(ConfigError)
  await using simulator = await Mw75Simulator.start({})
  const port = Number(new URL(simulator.address).port)
  await expect(Mw75Simulator.start({ port })).rejects.toThrow(DeviceError)
  await expect(Mw75Simulator.start({ port })).rejects.toThrow(`127.0.0.1:${port}`)
})

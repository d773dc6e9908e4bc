import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { expect, test } from 'vitest'
import { waitFor } from 'testing'
import { FaultScript } from './FaultScript.ts'
import { LINE_FAULTS, LineFaults, type FaultyLine } from './LineFaults.ts'
import { parseFault } from './faults.ts'
import { SAMPLE_FAULTS, SampleFaults } from './SampleFaults.ts'

/** A server that gives each connection to the faults, and a client of it. */
async function connected(
  faults: LineFaults
): Promise<AsyncDisposable & { line: FaultyLine; got: () => Buffer; client: Socket }> {
  const lines: FaultyLine[] = []
  const server = createServer((socket) => {
    lines.push(faults.add({ write: (bytes) => void socket.write(bytes), destroy: () => void socket.destroy() }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const pieces: Buffer[] = []
  client.on('data', (data) => pieces.push(data as Buffer))
  await waitFor(() => lines.length > 0, { what: 'a connection' })
  return {
    line: lines[0]!,
    client,
    got: () => Buffer.concat(pieces),
    [Symbol.asyncDispose]: async () => {
      faults.close()
      client.destroy()
      await new Promise((done) => server.close(done))
    }
  }
}

const fault = (text: string) => parseFault(text, { ...LINE_FAULTS, ...SAMPLE_FAULTS })
const text = (n: number) => Buffer.from(`line ${n}\n`)
const texts = (from: number, to: number) => Buffer.concat(Array.from({ length: to - from }, (_, k) => text(from + k)))

test('without a fault, cut and late, what is sent comes whole and in order', async () => {
  const faults = new LineFaults()
  await using end = await connected(faults)
  for (let n = 0; n < 50; n++) end.line.write(text(n))
  faults.inject(fault('cut'))
  for (let n = 50; n < 100; n++) end.line.write(text(n))
  faults.inject(fault('delay=30'))
  for (let n = 100; n < 150; n++) end.line.write(text(n))
  await waitFor(() => end.got().length >= texts(0, 150).length, { what: 'all lines' })
  expect(end.got().toString()).toBe(texts(0, 150).toString())
})

test('a bit changes, bytes come between, half a write is missing', async () => {
  const faults = new LineFaults()
  await using end = await connected(faults)
  faults.inject(fault('corrupt'))
  end.line.write(Buffer.alloc(8))
  faults.inject(fault('garbage=5'))
  faults.inject(fault('truncate'))
  end.line.write(Buffer.from('12345678'))
  end.line.write(Buffer.from('end'))
  await waitFor(() => end.got().length >= 8 + 5 + 4 + 3, { what: 'what is left' })
  const bits = [...end.got().subarray(0, 8)].reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0)
  expect(bits).toBe(1)
  expect(end.got().subarray(13).toString()).toBe('1234end')
})

test('connections end at once, new ones are refused, and half-open ones are silent', async () => {
  const faults = new LineFaults()
  await using end = await connected(faults)
  faults.inject(fault('halfOpen=60'))
  expect(faults.isDeaf).toBe(true)
  end.line.write(text(0))
  const closed = once(end.client, 'close')
  faults.inject(fault('refuseConnection'))
  await closed
  expect(faults.isRefusing).toBe(true)
  expect(end.got().length).toBe(0)
})

test('samples are lost, repeated, and counted ahead', () => {
  const faults = new SampleFaults()
  for (const each of ['lose=2', 'duplicate', 'jump=7', 'rate=2']) expect(faults.inject(fault(each))).toBe(true)
  expect([faults.next(), faults.next(), faults.next(), faults.next()]).toEqual([0, 0, 2, 1])
  expect({ offset: faults.counterOffset, rate: faults.rateFactor }).toEqual({ offset: 7, rate: 2 })
  faults.inject(fault('silence'))
  expect(faults.next()).toBe(0)
  expect(faults.inject(fault('drop'))).toBe(false)
})

test('a script begins with the first client, and once', async () => {
  const seen: string[] = []
  const script = new FaultScript([fault('lose=3'), fault('drop@0.02')], ({ kind }) => seen.push(kind))
  script.begin()
  script.begin()
  await waitFor(() => seen.length === 2, { what: 'both faults' })
  expect(seen).toEqual(['lose', 'drop'])
  script.close()
})

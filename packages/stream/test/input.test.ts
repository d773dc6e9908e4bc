import { AddressError, ZmqSocket } from '@nodeacq/zmq'
import type { ReadonlyNdArray } from '@nodeacq/ndarray'
import { expect, test } from 'vitest'
import {
  InputStream,
  OutputStream,
  SourceUnreachableError,
  SpecError,
  StreamStateError,
  StreamTimeoutError,
  subscribe
} from '@nodeacq/stream'
import type { Chunk, WireParams } from '@nodeacq/stream'
import { plainData } from '../src/transfer/plainData.ts'
import { parseWireParams } from '../src/spec.ts'
import { collect, logged, ramp, rampStart, sendRamp, streamPair, until } from './streams.ts'

/** A source as pyacq has them: a PUB socket and a map, nothing else. */
async function plainSource(): Promise<AsyncDisposable & { params: WireParams; send(from: number): Promise<void> }> {
  const socket = new ZmqSocket('xpub', { sendHighWaterMark: 0, linger: 0 })
  const address = await socket.bind('tcp://127.0.0.1:*')
  const params: WireParams = {
    protocol: 'tcp',
    interface: '127.0.0.1',
    port: address.slice(address.lastIndexOf(':') + 1),
    transfermode: 'plaindata',
    dtype: 'float32',
    shape: [-1, 2],
    compression: ''
  }
  const sender = plainData.createSender(parseWireParams(params))
  return {
    params,
    send: async (from) => socket.send(await sender.encode(ramp(from, 10), from + 10)),
    [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose]()
  }
}

test('a source of pyacq: bestEffort, runs told by an index that goes back, finish when it is quiet', async () => {
  using log = logged()
  await using source = await plainSource()
  await using input = new InputStream({}, { node: 'disk', name: 'raw' })
  await input.connect(source.params, { delivery: 'complete' })
  expect(log.messages).toEqual([expect.stringContaining("delivery 'complete' needs a nodeacq source")])
  expect(input.source).toBeUndefined()
  const reading = collect(input.chunks())
  for (const from of [100, 110, 130, 0, 10]) await source.send(from)
  await until(() => input.status().next === 20, 'the second run')
  await input.finish()
  expect((await reading).map(({ run, index, gaps }) => [run, index, gaps])).toEqual([
    [0, 110, []],
    [0, 120, []],
    [0, 140, [{ from: 120, to: 130, cause: 'dropped', declared: false }]],
    [1, 10, []],
    [1, 20, []]
  ])
  expect(input.pastRuns.at(-1)).toMatchObject({ run: 0, joinedAt: 100, received: 30, lost: 10 })
  expect(input.status()).toMatchObject({ run: 1, samples: 20, lostSamples: 0, stalled: false, latencyMs: null })
})

test('a reader of a source of pyacq that starts afresh owes nothing for what was before', async () => {
  await using source = await plainSource()
  await using input = new InputStream()
  await input.connect(source.params)
  for (const from of [0, 10, 20]) await source.send(from)
  expect((await input.recv()).index).toBe(10)
  input.startRun()
  let first: number | undefined
  void input.recv().then(({ index }) => (first = index))
  // Such a source does not say what was on its way: what has arrived is passed over, what comes later is not.
  for (let from = 30; first === undefined; from += 10) {
    await source.send(from)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  const index = first
  expect(index).toBeGreaterThan(10)
  expect(input.ledger.snapshot()).toMatchObject({ joinedAt: index - 10, lost: 0, received: 10 })
})

test('connecting to nothing fails in time, with the address', async () => {
  await using output = new OutputStream({ shape: [-1, 2] })
  await output.configure()
  const { params } = output
  await output.close()
  await using input = new InputStream({}, { node: 'view', name: 'in' })
  await expect(input.connect(params, { timeout: 100 })).rejects.toThrow(SourceUnreachableError)
  await expect(input.connect(params, { timeout: 100 })).rejects.toThrow(
    `InputStream 'in' of node 'view': no stream at tcp://127.0.0.1:${String(params['port'])}: no answer within 100 ms`
  )
  const { nodeacq: _, ...plain } = params
  await expect(input.connect(plain, { timeout: 100 })).rejects.toThrow(SourceUnreachableError)
  await expect(input.connect(output)).rejects.toThrow(StreamStateError)
  expect(input.isConnected).toBe(false)
})

test('an inproc stream of elsewhere is not here', async () => {
  await using output = new OutputStream({ protocol: 'inproc' })
  await output.configure()
  const { params } = output
  await output.close()
  await using input = new InputStream()
  await expect(input.connect(params)).rejects.toThrow('other processes need tcp or ipc')
})

test('params that lie do no harm', async () => {
  using log = logged()
  await using output = new OutputStream({ shape: [-1, 2] })
  await output.configure()
  const { params } = output
  await using input = new InputStream()
  await expect(input.connect({ ...params, dtype: 'nonsense' })).rejects.toThrow(SpecError)
  await expect(input.connect({ ...params, shape: [0, -3] })).rejects.toThrow(SpecError)
  await expect(input.connect({ ...params, nodeacq: 5 })).rejects.toThrow(SpecError)
  await expect(input.connect({ ...params, nodeacq: { id: 'x' } })).rejects.toThrow(SpecError)
  await expect(input.connect({ ...params, nodeacq: { id: 'x', side: 'nonsense' } })).rejects.toThrow(AddressError)
  await expect(input.connect({ ...params, port: '1' }, { timeout: 100 })).rejects.toThrow(SourceUnreachableError)
  await expect(input.connect({ ...params, transfermode: 'sharedmem', buffer_size: 10 })).rejects.toThrow(SpecError)
  await expect(input.connect(null as never)).rejects.toThrow(TypeError)
  await expect(input.connect({})).rejects.toThrow(SpecError)

  await input.connect({ ...params, dtype: 'float64' }, { delivery: 'complete' })
  const reading = collect(input.chunks())
  await sendRamp(output, 3, 10)
  await output.endRun()
  expect(await reading).toEqual([])
  expect(input.ledger.snapshot()).toMatchObject({ received: 0, lost: 30 })
  expect(input.ledger.snapshot().gaps[0]).toMatchObject({ cause: 'damaged' })
  expect(log.messages.filter((message) => message.includes('no chunk of the stream'))).toHaveLength(1)
})

test('a source that is not what the spec asks for is refused', async () => {
  await using output = new OutputStream({ shape: [-1, 2], dtype: 'int16' })
  await output.configure()
  await using input = new InputStream({ dtype: 'float32' })
  await expect(input.connect(output)).rejects.toThrow(SpecError)
})

test('malformed messages on the side channel are dropped, reported once, and change nothing', async () => {
  using log = logged()
  await using pair = await streamPair({}, { delivery: 'complete' })
  await using stranger = new ZmqSocket('dealer')
  stranger.connect(String((pair.output.params['nodeacq'] as { side: string }).side))
  let seed = 1
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
  for (let i = 0; i < 500; i++) {
    const frame = Buffer.from(Array.from({ length: Math.floor(random() * 40) }, () => Math.floor(random() * 256)))
    if (i % 2 === 0 && frame.length > 1) frame.set([1, 1 + Math.floor(random() * 6)])
    await stranger.send([frame, ...(i % 7 === 0 ? [Buffer.alloc(3)] : [])])
  }
  const reading = collect(pair.input.chunks())
  await sendRamp(pair.output, 100, 10)
  await pair.output.endRun()
  expect((await reading).map(({ data }) => rampStart(data))).toEqual(Array.from({ length: 100 }, (_, i) => i * 10))
  expect(log.messages.filter((message) => message.includes('none of the side channel'))).toHaveLength(1)
  expect(pair.output.consumerCount).toBe(1)
})

test('malformed data messages are dropped and reported once', async () => {
  using log = logged()
  await using socket = new ZmqSocket('xpub', { linger: 0 })
  const address = await socket.bind('tcp://127.0.0.1:*')
  const port = address.slice(address.lastIndexOf(':') + 1)
  const params = {
    protocol: 'tcp',
    interface: '127.0.0.1',
    port,
    transfermode: 'plaindata',
    dtype: 'float32',
    shape: [-1, 2]
  }
  await using input = new InputStream()
  await input.connect(params)
  const sender = plainData.createSender(parseWireParams(params))
  await socket.send(['hello'])
  await socket.send([Buffer.alloc(56, 255), Buffer.alloc(80)])
  await socket.send(await sender.encode(ramp(0, 10), 10))
  expect(rampStart((await input.recv()).data!)).toBe(0)
  expect(log.messages).toHaveLength(1)
})

test('reading ends when the signal aborts, also when it has before', async () => {
  await using pair = await streamPair()
  const stop = new AbortController()
  const reading = collect(pair.input.chunks(stop.signal))
  await pair.output.send(ramp(0, 10))
  await until(() => pair.input.status().chunks === 1, 'the chunk')
  stop.abort()
  expect((await reading).length).toBe(1)
  expect(await collect(pair.input.chunks({ signal: stop.signal, borrow: true }))).toEqual([])
})

test.each(['bestEffort', 'complete'] as const)(
  'what was borrowed from a message is freed at the next step, and what is owned stays (%s)',
  async (delivery) => {
    await using pair = await streamPair({ protocol: 'tcp' }, { delivery })
    const sendAll = async () => {
      for (let from = 0; from < 3000; from += 1000) await pair.output.send(ramp(from, 1000))
      await pair.output.endRun()
    }
    await sendAll()
    const kept: ReadonlyNdArray[] = []
    for await (const { data, index } of pair.input.chunks({ borrow: true })) {
      expect(rampStart(data)).toBe(index - 1000)
      expect(kept.map(({ buffer }) => buffer.byteLength)).toEqual(kept.map(() => 0))
      kept.push(data)
    }
    expect(kept).toHaveLength(3)
    pair.output.startRun()
    await sendAll()
    const owned = await collect(pair.input.chunks())
    expect(owned.map(({ data }) => rampStart(data))).toEqual([0, 1000, 2000])
  }
)

test('a filter may keep borrowed data', async () => {
  await using output = new OutputStream({ dtype: 'float32', shape: [-1, 2], protocol: 'tcp' })
  await output.configure()
  const seen: ReadonlyNdArray[] = []
  await using input = new InputStream({
    postFilters: [
      (index, data) => {
        seen.push(data)
        return [index, data]
      }
    ]
  })
  await input.connect(output)
  await output.send(ramp(0, 1000))
  await output.send(ramp(1000, 1000))
  await output.endRun()
  for await (const { index } of input.chunks({ borrow: true })) expect(index).toBe(seen.length * 1000)
  expect(seen.map(rampStart)).toEqual([0, 1000])
})

test('one reader at a time', async () => {
  await using pair = await streamPair()
  const stop = new AbortController()
  const reading = collect(pair.input.chunks(stop.signal))
  expect(() => pair.input.chunks()).toThrow('is being read by chunks already')
  await expect(pair.input.recv()).rejects.toThrow(StreamStateError)
  stop.abort()
  await reading
  await pair.output.send(ramp(0, 10))
  expect((await pair.input.recv()).index).toBe(10)
})

test('recv gives up after its timeout, and loses nothing by that', async () => {
  await using pair = await streamPair()
  await expect(pair.input.recv({ timeout: 20 })).rejects.toThrow(StreamTimeoutError)
  await pair.output.send(ramp(0, 10))
  expect((await pair.input.recv({ timeout: 5000 })).index).toBe(10)
})

test('calls of recv at the same time are served one after the other', async () => {
  await using pair = await streamPair()
  const received = Promise.all([pair.input.recv(), pair.input.recv(), pair.input.recv()])
  await sendRamp(pair.output, 3, 10)
  expect((await received).map(({ index }) => index)).toEqual([10, 20, 30])
})

test('onData calls back with each chunk, over all runs', async () => {
  await using pair = await streamPair({}, { delivery: 'complete' })
  const seen: Chunk[] = []
  using log = logged()
  const end = pair.input.onData((chunk) => {
    seen.push(chunk)
    if (seen.length === 1) throw new Error('no matter')
  })
  await sendRamp(pair.output, 2, 10)
  await pair.output.endRun()
  pair.output.startRun()
  await sendRamp(pair.output, 2, 10)
  await until(() => seen.length === 4, 'four chunks')
  expect(seen.map(({ run, index }) => [run, index])).toEqual([
    [0, 10],
    [0, 20],
    [1, 10],
    [1, 20]
  ])
  expect(log.messages).toHaveLength(1)
  end()
  await until(() => {
    try {
      void pair.input.chunks().return?.()
      return true
    } catch {
      return false
    }
  }, 'the input to be free')
})

test('reading ends when the output closes', async () => {
  for (const protocol of ['tcp', 'inproc'] as const) {
    for (const delivery of ['bestEffort', 'complete', 'latest'] as const) {
      await using pair = await streamPair({ protocol }, { delivery })
      const reading = collect(pair.input.chunks())
      await pair.output.send(ramp(0, 10))
      await until(() => pair.input.status().chunks === 1, 'the chunk')
      await pair.output.close()
      expect((await reading).length).toBe(1)
      await expect(pair.input.recv()).rejects.toThrow('its source has closed')
    }
  }
})

test('closing an input refuses whoever waits, and is safe to repeat', async () => {
  const pair = await streamPair()
  const waiting = pair.input.recv()
  await until(() => pair.output.consumerCount === 1, 'the connection')
  await pair.input.close()
  await expect(waiting).rejects.toThrow('is closed')
  await pair.input.close()
  await expect(pair.input.recv()).rejects.toThrow(StreamStateError)
  expect(() => pair.input.chunks()).toThrow('is closed')
  await expect(pair.input.connect(pair.output)).rejects.toThrow('is closed')
  await until(() => pair.output.consumerCount === 0, 'the output to notice')
  await pair.output.close()
})

test('an input that is not connected says so', async () => {
  await using input = new InputStream()
  expect(() => input.info).toThrow('InputStream is not connected')
  await expect(input.recv()).rejects.toThrow(StreamStateError)
  expect(input.status()).toMatchObject({ samples: 0, stalled: false, latencyMs: null })
  expect(() => input.getData(0, 1)).toThrow(StreamStateError)
  input.startRun()
  await input.finish()
})

test('an input may be connected elsewhere', async () => {
  await using pair = await streamPair()
  await using other = new OutputStream({ shape: [-1, 2] }, { node: 'eeg', name: 'signals' })
  await other.configure()
  await pair.input.connect(other)
  await until(() => pair.output.consumerCount === 0, 'the first output to be left')
  await other.send(ramp(0, 4))
  expect((await pair.input.recv()).index).toBe(4)
  expect(pair.input.source).toMatchObject({ node: 'eeg', output: 'signals' })
})

test('subscribe connects, reads a run and closes', async () => {
  await using output = new OutputStream({ shape: [-1, 2] })
  await output.configure()
  const indices: number[] = []
  const reading = (async () => {
    for await (const { index } of subscribe(output, { delivery: 'complete' })) indices.push(index)
  })()
  await until(() => output.consumerCount === 1, 'the subscription')
  await sendRamp(output, 3, 10)
  await output.endRun()
  await reading
  expect(indices).toEqual([10, 20, 30])
  await until(() => output.consumerCount === 0, 'the end of the subscription')
})

test('a proxy of an output will do: params that come later', async () => {
  await using output = new OutputStream({ shape: [-1, 2] })
  await output.configure()
  await using input = new InputStream()
  await input.connect({ params: Promise.resolve(structuredClone({ ...output.params })) })
  await output.send(ramp(0, 4))
  expect((await input.recv()).index).toBe(4)
})

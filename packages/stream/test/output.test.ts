import { NdArray } from '@nodeacq/ndarray'
import { AddressInUseError, openSockets } from '@nodeacq/zmq'
import { expect, test } from 'vitest'
import { ChunkError, InputStream, OutputStream, SpecError, StreamStateError } from '@nodeacq/stream'
import { collect, logged, ramp, rampStart, sendRamp, streamPair, until } from './streams.ts'

test('a chunk of another shape or dtype is refused, in words', async () => {
  await using output = new OutputStream({ shape: [-1, 16] }, { node: 'emg', name: 'signals' })
  await output.configure()
  await expect(output.send(NdArray.zeros([256, 8], 'float32'))).rejects.toThrow(
    "OutputStream 'signals' of node 'emg': chunk shape (256, 8) does not fit (-1, 16)"
  )
  await expect(output.send(NdArray.zeros([256], 'float32'))).rejects.toThrow(ChunkError)
  await expect(output.send(NdArray.zeros([4, 16], 'float64'))).rejects.toThrow('chunk dtype float64 is not float32')
  await expect(output.send(new Float32Array(40))).rejects.toThrow('40 values do not fit (-1, 16)')
  await expect(output.send(null as never)).rejects.toThrow(ChunkError)
  expect(output.index).toBe(0)
  await output.send(NdArray.zeros([4, 16], 'float32'))
  await expect(output.send(NdArray.zeros([4, 15], 'float32'))).rejects.toThrow(ChunkError)
  expect(output.index).toBe(4)
})

test('typed arrays are cut into samples', async () => {
  await using pair = await streamPair({ shape: [-1, 2], dtype: 'int16' })
  await pair.output.send(Int16Array.of(1, 2, 3, 4, 5, 6))
  const { data } = await pair.input.recv()
  expect(data!.toNested()).toEqual([
    [1, 2],
    [3, 4],
    [5, 6]
  ])
})

test('a shape that nobody gave is that of the first chunk', async () => {
  await using output = new OutputStream()
  await output.configure()
  await using input = new InputStream()
  await input.connect(output)
  await output.send(ramp(0, 10, 5))
  expect((await input.recv()).data!.shape).toEqual([10, 5])
  expect(output.params['shape']).toEqual([-1, 5])
  await until(() => input.info.shape[1] === 5, 'the input to hear of the shape')
  await expect(output.send(ramp(0, 10, 4))).rejects.toThrow('chunk shape (10, 4) does not fit (-1, 5)')
})

test('an index that goes back is refused until another run begins', async () => {
  await using output = new OutputStream({ shape: [-1, 2] })
  await output.configure()
  await output.send(ramp(0, 10), 100)
  await expect(output.send(ramp(0, 10), 105)).rejects.toThrow('begins before 100')
  await expect(output.send(ramp(0, 10), 110.5)).rejects.toThrow(ChunkError)
  expect(output.run).toBe(0)
  output.resetBufferIndex()
  await output.send(ramp(0, 10), 10)
  expect([output.run, output.index]).toEqual([1, 10])
})

test('a run that has ended takes no more data', async () => {
  await using output = new OutputStream({ shape: [-1, 2] })
  await output.configure()
  await sendRamp(output, 2, 10)
  await output.endRun()
  await output.endRun()
  await expect(output.send(ramp(20, 10))).rejects.toThrow(StreamStateError)
})

test('what was sent without waiting goes out in order', async () => {
  for (const compression of ['', 'blosc-lz4']) {
    await using pair = await streamPair({ compression }, { delivery: 'complete' })
    const reading = collect(pair.input.chunks())
    const sent = Array.from({ length: 50 }, (_, i) => pair.output.send(ramp(i * 100, 100)))
    pair.output.skip({ from: 5000, to: 5100, cause: 'device' })
    sent.push(pair.output.send(ramp(5100, 100)))
    await Promise.all([...sent, pair.output.endRun()])
    const chunks = await reading
    expect(chunks.map(({ data }) => rampStart(data))).toEqual([...Array.from({ length: 50 }, (_, i) => i * 100), 5100])
    expect(pair.input.ledger.snapshot()).toMatchObject({ received: 5100, lost: 0, holes: 100 })
  }
})

test('stages: filters, scaling and gathering, in this order', async () => {
  await using pair = await streamPair({
    shape: [-1, 2],
    preFilters: [(index, data) => [index, data.astype('float32')]],
    scale: [2, 3],
    offset: 1,
    applyScale: true,
    minChunkSize: 4
  })
  expect(pair.input.info).toMatchObject({ scale: null, offset: null })
  const reading = collect(pair.input.chunks())
  for (let i = 0; i < 6; i++) await pair.output.send(NdArray.from([[i, i]], 'int16'))
  await pair.output.endRun()
  const chunks = await reading
  expect(chunks.map(({ index }) => index)).toEqual([4, 6])
  expect(chunks[0]!.data.toNested()).toEqual([0, 1, 2, 3].map((i) => [1 + 2 * i, 1 + 3 * i]))
  expect(chunks[1]!.data.toNested()).toEqual([4, 5].map((i) => [1 + 2 * i, 1 + 3 * i]))
})

test('scale and offset alone are only carried', async () => {
  await using pair = await streamPair({ scale: 2, offset: 1 })
  await pair.output.send(ramp(0, 4))
  expect(rampStart((await pair.input.recv()).data!)).toBe(0)
  expect(pair.input.info).toMatchObject({ scale: 2, offset: 1 })
})

test('post-filters of an input see each chunk', async () => {
  await using pair = await streamPair({}, { spec: { postFilters: [(index, data) => [index, data.flip(1)]] } })
  await pair.output.send(ramp(3, 1))
  expect((await pair.input.recv()).data!.toNested()).toEqual([[-4, 3]])
})

test('a stream that counts messages loses messages', async () => {
  await using pair = await streamPair(
    { shape: [-1, 4], dtype: 'uint8', accounting: 'messages' },
    { delivery: 'complete' }
  )
  const reading = collect(pair.input.chunks())
  const frame = NdArray.zeros([3, 4], 'uint8')
  for (const index of [1, 2, 5]) await pair.output.send(frame, index)
  await pair.output.endRun()
  expect((await reading).map(({ index, gaps }) => [index, gaps.length])).toEqual([
    [1, 0],
    [2, 0],
    [5, 1]
  ])
  expect(pair.input.ledger.snapshot()).toMatchObject({ received: 3, lost: 0, holes: 2 })
})

test('a stream that counts nothing may use any index', async () => {
  for (const delivery of ['bestEffort', 'complete'] as const) {
    await using pair = await streamPair({ accounting: 'none' }, { delivery })
    const reading = collect(pair.input.chunks())
    for (const index of [500, 20, 7000]) await pair.output.send(ramp(0, 5), index)
    await pair.output.endRun()
    expect((await reading).map(({ index }) => index)).toEqual([500, 20, 7000])
    expect(pair.input.ledger.snapshot().lost).toBe(0)
  }
})

test('a port in use is an error that says so', async () => {
  await using first = new OutputStream()
  await using second = new OutputStream()
  await first.configure()
  await expect(second.configure({ port: String(first.params['port']) })).rejects.toThrow(AddressInUseError)
  await second.configure({ port: '*' })
})

test('configure may be repeated, and tells who is connected; not while a run has data', async () => {
  await using pair = await streamPair({ shape: undefined })
  const { port } = pair.output.params
  pair.output.spec.sampleRate = 500
  await pair.output.configure({ dtype: 'int16', shape: [-1, 3] })
  expect(pair.output.params).toMatchObject({ port, sample_rate: 500, dtype: 'int16' })
  await until(() => pair.input.info.sampleRate === 500, 'the input to hear of it')
  await pair.output.send(NdArray.zeros([5, 3], 'int16'))
  expect((await pair.input.recv()).data!.dtype.name).toBe('int16')
  await expect(pair.output.configure({ units: 'uV' })).rejects.toThrow(StreamStateError)
  await pair.output.endRun()
  await pair.output.configure({ units: 'uV' })
  await expect(pair.output.configure({ sampleRate: 100 })).rejects.toThrow(SpecError)
})

test('an output that begins to wait makes its consumers lossless', async () => {
  for (const protocol of ['tcp', 'inproc'] as const) {
    await using pair = await streamPair({ protocol })
    await pair.output.configure({ flow: 'wait' })
    await until(() => pair.output.status().consumers[0]?.service === 'complete', 'the consumer to change')
    const sending = sendRamp(pair.output, 3000, 4).then(() => pair.output.endRun())
    expect((await collect(pair.input.chunks())).length).toBe(3000)
    await sending
    expect(pair.input.info.flow).toBe('wait')
  }
})

test('the spec is a copy of its own', async () => {
  const spec = { shape: [-1, 2], sampleRate: 10 }
  await using output = new OutputStream(spec)
  output.spec.sampleRate = 20
  expect(spec.sampleRate).toBe(10)
})

test('an output on all interfaces hands out an address that can be connected, and warns', async () => {
  using log = logged()
  await using output = new OutputStream({ shape: [-1, 2] })
  await output.configure({ interface: '*', advertise: '127.0.0.1' })
  expect(output.params).toMatchObject({ interface: '127.0.0.1', port: expect.stringMatching(/^\d+$/) as unknown })
  expect(log.messages.join()).toContain('open to other machines')
  await using input = new InputStream()
  await input.connect(output)
  await output.send(ramp(0, 5))
  expect(rampStart((await input.recv()).data!)).toBe(0)
})

test('nothing works on an output that is closed or not configured, and closing twice is fine', async () => {
  const output = new OutputStream()
  expect(() => output.params).toThrow(StreamStateError)
  await expect(output.send(new Float32Array(4))).rejects.toThrow('is not configured')
  await output.configure()
  await output.close()
  await output.close()
  await expect(output.send(new Float32Array(4))).rejects.toThrow('is closed')
  await expect(output.configure()).rejects.toThrow('is closed')
  expect(() => output.startRun()).toThrow(StreamStateError)
  expect(output.status()).toMatchObject({ consumerCount: 0 })
})

test('closing leaves no socket open', async () => {
  const before = openSockets().length
  for (const protocol of ['tcp', 'ipc', 'inproc'] as const) {
    for (const delivery of ['bestEffort', 'complete', 'latest'] as const) {
      const pair = await streamPair({ protocol }, { delivery })
      await pair.output.send(ramp(0, 3))
      await pair[Symbol.asyncDispose]()
    }
  }
  expect(openSockets().length).toBe(before)
})

test('an event stream carries structures', async () => {
  await using pair = await streamPair({
    streamType: 'event',
    dtype: [
      ['index', 'int64'],
      ['label', 'S8']
    ],
    shape: [-1]
  })
  const event = NdArray.from(
    [{ index: 7, label: 'go' }],
    [
      ['index', 'int64'],
      ['label', 'S8']
    ]
  )
  await pair.output.send(event)
  const { index, data } = await pair.input.recv()
  expect(index).toBe(1)
  expect(data!.toNested()).toEqual([{ index: 7, label: 'go' }])
})

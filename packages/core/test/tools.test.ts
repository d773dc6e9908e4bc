import { ChannelSplitter, ChunkResizer, ConfigError, StreamConverter, type Node } from '@nodeacq/core'
import { InputStream, OutputStream, subscribe } from '@nodeacq/stream'
import { waitFor } from 'testing'
import { expect, test } from 'vitest'
import { Adder, Counter } from './fixtures/nodes.ts'

/** Counter → the node under test, initialized. */
async function behindCounter<T extends Node>(node: T, { options = {}, chunkSize = 10, chunks = 20 } = {}) {
  const counter = new Counter({ name: 'amp' })
  await counter.configure({ chunks, chunkSize, pause: 0 })
  await counter.initialize()
  await node.configure(options)
  await node.input.connect(counter.output, { delivery: 'complete' })
  await node.initialize()
  return counter
}

test('ChunkResizer cuts into equal chunks, keeps the index, and holds no tail back', async () => {
  await using resizer = new ChunkResizer({ name: 'resizer' })
  await using counter = await behindCounter(resizer, { options: { chunkSize: 16 } })
  const chunks = subscribe(resizer.output, { delivery: 'complete' })
  await resizer.start()
  await counter.start()
  const seen: [index: number, length: number, first: unknown][] = []
  for await (const { index, data } of chunks) seen.push([index, data.length, data.get(0, 0)])
  expect(seen).toHaveLength(13)
  expect(seen.slice(0, 12)).toEqual(Array.from({ length: 12 }, (_, i) => [(i + 1) * 16, 16, i * 16]))
  expect(seen[12]).toEqual([200, 8, 192])
})

test('ChannelSplitter sends groups of channels with the same index, and knows its channels', async () => {
  await using splitter = new ChannelSplitter({ name: 'splitter' })
  await using counter = await behindCounter(splitter, {
    options: { outputChannels: { up: [0], down: [1], both: [1, 0] } }
  })
  const both = subscribe(splitter.outputs['both']!, { delivery: 'complete' })
  const down = subscribe(splitter.outputs['down']!, { delivery: 'complete' })
  await splitter.start()
  await counter.start()
  let next = 0
  for await (const { index, data } of both) {
    expect(data.toNested()).toEqual(Array.from({ length: 10 }, (_, i) => [0 - (next + i), next + i]))
    expect(index).toBe((next += 10))
  }
  expect(next).toBe(200)
  for await (const { data } of down) expect(data.shape).toEqual([10, 1])

  await using wrong = new ChannelSplitter({ name: 'wrong' })
  await wrong.configure({ outputChannels: { up: [0, 5] } })
  await wrong.input.connect(counter.output)
  await expect(wrong.initialize()).rejects.toThrow(ConfigError)
  await expect(wrong.initialize()).rejects.toThrow('wants channel 5, expected 0 to 1')
})

test('StreamConverter changes protocol and dtype and nothing else', async () => {
  await using converter = new StreamConverter({ name: 'converter' })
  const counter = new Counter({ name: 'amp' })
  await using _counter = counter
  await counter.configure({ chunks: 30, pause: 0 })
  await counter.initialize()
  await converter.configure({})
  await converter.input.connect(counter.output, { delivery: 'complete' })
  await converter.output.configure({ protocol: 'ipc', dtype: 'int16' })
  await converter.initialize()
  expect(converter.output.info).toMatchObject({ protocol: 'ipc', dtype: 'int16', sampleRate: 1000 })
  await using adder = new Adder({ name: 'adder' })
  await adder.configure({})
  await adder.input.connect(converter.output)
  await adder.initialize()
  await adder.start()
  await converter.start()
  await counter.start()
  await adder.finished()
  expect([adder.samples, adder.sum]).toEqual([300, (300 * 299) / 2])
})

test.each([
  ['StreamConverter', new StreamConverter({ name: 'relay' }), {}],
  ['ChunkResizer', new ChunkResizer({ name: 'relay' }), { chunkSize: 3 }],
  ['ChannelSplitter', new ChannelSplitter({ name: 'relay' }), { outputChannels: { out: [0] } }]
])('%s goes on in another run when its source starts anew without having ended', async (_type, relay, options) => {
  await using source = new OutputStream({ dtype: 'int16', shape: [-1, 1], scale: [0.5], units: ['uV'] })
  await source.configure()
  await using node: Node = relay
  await node.configure(options)
  await node.input.connect(source, { delivery: 'complete' })
  await node.initialize()
  const output = node.outputs['out']!
  expect(output.info).toMatchObject({ scale: [0.5], units: ['uV'] })
  await using input = new InputStream({ delivery: 'complete' })
  await input.connect(output)
  const seen: [run: number, index: number][] = []
  input.onData(({ run, index }) => seen.push([run, index]))
  source.startRun()
  await node.start()
  const first = output.run
  await source.send(Int16Array.of(1, 2))
  source.startRun()
  await source.send(Int16Array.of(3))
  await source.endRun()
  await waitFor(() => seen.length === 2)
  expect(seen).toEqual([
    [first, 2],
    [first + 1, 1]
  ])
  expect(await node.finished()).toBeUndefined()
})

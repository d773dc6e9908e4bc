import { ConfigError, Node, NodeStateError, NotFoundError, UnknownNodeTypeError, getNodeType } from '@nodeacq/core'
import { NdArray } from '@nodeacq/ndarray'
import { OutputStream } from '@nodeacq/stream'
import { waitFor } from 'testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Adder, Counter, Failing, Stubborn } from './fixtures/nodes.ts'

async function ready<T extends Node>(node: T, options: object = {}): Promise<T> {
  await node.configure(options)
  await node.initialize()
  return node
}

test('a node goes through its life in order, also twice', async () => {
  await using node = new Counter({ name: 'amp' })
  expect(node.state).toBe('created')
  await node.configure({})
  expect([node.isConfigured, node.configured(), node.isInitialized]).toEqual([true, true, false])
  await node.initialize()
  expect([node.isConfigured, node.initialized(), node.isRunning]).toEqual([true, true, false])
  for (let run = 0; run < 2; run++) {
    await node.start()
    expect(node.running()).toBe(true)
    await node.stop()
    expect(node.state).toBe('initialized')
  }
  await node.close()
  await node.close()
  expect(node.closed()).toBe(true)
})

test('calls in the wrong state say what, who and why', async () => {
  await using node = new Counter({ name: 'amp' })
  await expect(node.start()).rejects.toThrow(NodeStateError)
  await expect(node.start()).rejects.toThrow('Cannot start Node amp : the Node is not configured')
  await expect(node.stop()).rejects.toThrow(NodeStateError)
  await expect(node.initialize()).rejects.toThrow('Cannot initialize Node amp')
  await ready(node)
  await node.start()
  await expect(node.start()).rejects.toThrow('the Node is already running')
  await expect(node.configure({})).rejects.toThrow(NodeStateError)
  await expect(node.close()).rejects.toThrow(NodeStateError)
  await node.stop()
  await node.close()
  await expect(node.configure({})).rejects.toThrow(NodeStateError)
})

test('options that do not fit are all named, with the nearest valid name', async () => {
  await using node = new Counter({ name: 'amp' })
  await expect(node.configure({ chunkSise: 5, chunks: -1 })).rejects.toThrow(ConfigError)
  const error = (await node.configure({ chunkSise: 5, chunks: -1, pause: 'x' }).catch((e: unknown) => e)) as ConfigError
  expect(error.problems).toHaveLength(3)
  expect(error.message).toContain("did you mean 'chunkSize'?")
  expect(error.message).toContain("'chunks'")
  expect(error.message).toContain('got "x"')
  await node.configure({ chunksize: 7 }) // pyacq's name
  expect(node.state).toBe('configured')
})

test('an error in _run makes the node fail, is known at once, and configure mends it', async () => {
  await using node = await ready(new Failing({ name: 'device' }), { after: 1 })
  const failures: string[] = []
  node.on('failed', (failure) => failures.push(failure.message))
  await node.start()
  expect((await node.finished())?.message).toBe('the cable was pulled')
  await waitFor(() => node.isFailed)
  expect(node.status().error).toMatchObject({ name: 'Error', message: 'the cable was pulled' })
  expect(failures).toEqual(['the cable was pulled'])
  await expect(node.start()).rejects.toThrow(NodeStateError)
  await node.configure({ after: 1 })
  expect([node.state, node.error]).toEqual(['configured', undefined])
})

test('the consumer of a node that failed gets what was sent, and an end', async () => {
  await using device = await ready(new Failing({ name: 'device' }), { after: 5 })
  await using adder = new Adder({ name: 'adder' })
  await adder.configure({})
  await adder.input.connect(device.output)
  await adder.initialize()
  await adder.start()
  await device.start()
  await adder.finished()
  expect(adder.samples).toBe(5)
})

test('stopping a node that has just ended by itself is no mistake, stopping it again is', async () => {
  await using counter = await ready(new Counter({ name: 'amp' }), { chunks: 1 })
  await counter.start()
  await counter.finished()
  await waitFor(() => !counter.isRunning)
  await counter.stop()
  await expect(counter.stop()).rejects.toThrow('the Node is not running')
})

test('a node that ignores its signal is given up after the timeout', async () => {
  const node = await ready(new Stubborn({ name: 'stone' }))
  await node.start()
  await node.stop({ timeout: 20 })
  expect(node.state).toBe('failed')
  expect(node.error?.message).toContain('abort signal')
  await node.close()
})

test('stop works off what has been sent, and no tail is lost', async () => {
  await using counter = await ready(new Counter({ name: 'amp' }), { pause: 0 })
  await using adder = new Adder({ name: 'adder' })
  await adder.configure({})
  await adder.input.connect(counter.output)
  await adder.initialize()
  await adder.start()
  await counter.start()
  await waitFor(() => adder.samples > 1000)
  await counter.stop()
  await adder.stop()
  const sent = counter.output.index
  expect(adder.samples).toBe(sent)
  expect(adder.sum).toBe((sent * (sent - 1)) / 2)
  expect(adder.input.status()).toMatchObject({ lostSamples: 0, samples: sent })
})

test('what an input does not get is told as an event, also what is lost at the end', async () => {
  await using output = new OutputStream({ dtype: 'float64', shape: [-1, 2] })
  await output.configure({ protocol: 'inproc' })
  await using adder = new Adder({ name: 'adder' })
  await adder.configure({})
  adder.input.spec.highWaterMark = 2
  await adder.input.connect(output, { delivery: 'bestEffort' })
  await adder.initialize()
  const gaps: { from: number; to: number; cause: string }[] = []
  adder.on('gap', (gap) => gaps.push(gap))
  await adder.start()
  output.startRun()
  await output.send(NdArray.zeros([10, 2], 'float64'))
  await output.send(NdArray.zeros([10, 2], 'float64'), 50)
  await waitFor(() => adder.samples === 20)
  expect(gaps).toEqual([{ input: 'signals', from: 10, to: 40, cause: 'device', declared: true }])
  // More than there is room for, before the node can take any of it.
  await Promise.all(Array.from({ length: 20 }, () => output.send(NdArray.zeros([10, 2], 'float64'))))
  await output.endRun()
  await adder.finished()
  const lost = gaps.slice(1).reduce((sum, { from, to }) => sum + to - from, 0)
  expect([gaps.at(-1)!.to, gaps.at(-1)!.cause]).toEqual([250, 'dropped'])
  expect(lost).toBeGreaterThan(0)
  expect([lost, adder.samples + lost]).toEqual([adder.input.status().lostSamples, 220])
})

test('live parameters change together or not at all, and say so', async () => {
  await using node = new Counter({ name: 'amp' })
  const changes: object[] = []
  node.on('paramsChanged', (change) => changes.push(change))
  expect(node.params).toEqual({ gain: 1, group: { x: 0 } })
  await node.setParams({ gain: 2 })
  await node.setParams({ group: { x: 5 } })
  expect(node.params).toEqual({ gain: 2, group: { x: 5 } })
  await expect(node.setParams({ gain: -1, group: { x: 6 } })).rejects.toThrow(ConfigError)
  await expect(node.setParams({ gian: 1 })).rejects.toThrow("did you mean 'gain'?")
  expect(node.params).toEqual({ gain: 2, group: { x: 5 } })
  expect(changes).toHaveLength(2)
  expect(changes[0]).toEqual({ old: { gain: 1, group: { x: 0 } }, new: { gain: 2, group: { x: 0 } } })
})

test('live parameters that do not suit the node are refused, and nothing changes', async () => {
  class Picky extends Counter {
    protected override _checkParams({ gain }: { gain: number }): void {
      if (gain > 10) throw new RangeError(`gain: expected at most 10, got ${gain}`)
    }
  }
  await using node = new Picky({ name: 'amp' })
  await node.setParams({ gain: 10 })
  await expect(node.setParams({ gain: 11, group: { x: 1 } })).rejects.toThrow(RangeError)
  expect(node.params).toEqual({ gain: 10, group: { x: 0 } })
})

test('instances do not share what their class says about streams', async () => {
  await using first = new Counter({ name: 'a' })
  await using second = new Counter({ name: 'b' })
  first.output.spec.sampleRate = 5
  expect(second.output.spec.sampleRate).toBe(1000)
})

test('streams are found by name, and the nearest is named', async () => {
  await using node = new Counter({ name: 'amp' })
  expect(() => node.input).toThrow(NotFoundError)
  expect(() => node.stream('output', 'signal')).toThrow("did you mean 'signals'?")
})

test('an input that nobody connected is named at initialize', async () => {
  await using adder = new Adder({ name: 'adder' })
  await adder.configure({})
  await expect(adder.initialize()).rejects.toThrow("input 'signals' is not connected")
})

test('types are found by name, and the nearest is named', () => {
  expect(getNodeType('Counter')).toBe(Counter)
  expect(() => getNodeType('Countr')).toThrow(UnknownNodeTypeError)
  expect(() => getNodeType('Countr')).toThrow("did you mean 'Counter'?")
})

test('a schema that takes more keeps them', async () => {
  class Loose extends Node {
    static override readonly configSchema = z.looseObject({ a: z.number().default(1) })
    given() {
      return this.config
    }
  }
  await using node = new Loose({ name: 'loose' })
  await node.configure({ b: 2 })
  expect(node.given()).toEqual({ a: 1, b: 2 })
})

import { ConfigError, createManager } from '@nodeacq/core'
import { NdArray } from '@nodeacq/ndarray'
import { InputStream, makeEvents, OutputStream, type Chunk, type OutputOptions } from '@nodeacq/stream'
import { waitFor } from 'testing'
import { describe, expect, test } from 'vitest'
import { AnalogTrigger, TriggerAccumulator } from '../src/index.ts'

const RATE = 100

async function open(name: string, options: OutputOptions): Promise<OutputStream> {
  const output = new OutputStream({ sampleRate: RATE, ...options }, { node: 'source', name })
  await output.configure()
  return output
}

const openSignals = (dtype = 'float32') =>
  open('signals', { dtype, shape: [-1, 2], channelInfo: [{ name: 'a' }, { name: 'b' }] })
const openEvents = () => open('events', { streamType: 'events', dtype: 'int64', shape: [-1] })

/** Channel 0 counts samples, channel 1 is its negative. */
function ramp(from: number, to: number, dtype = 'float32'): NdArray {
  return NdArray.from(
    Array.from({ length: to - from }, (_, k) => [from + k, -from - k]),
    dtype
  )
}

function positions(...values: number[]): NdArray {
  return NdArray.fromTyped(BigInt64Array.from(values.map(BigInt)))
}

async function prepare(
  node: TriggerAccumulator,
  sources: { signals: OutputStream; events: OutputStream },
  { config = {}, params = {} }: { config?: object; params?: object } = {}
): Promise<TriggerAccumulator> {
  await node.configure(config)
  for (const [name, source] of Object.entries(sources)) {
    await node.inputs[name]!.connect(source, { delivery: 'complete' })
  }
  await node.setParams({ left_sweep: -0.03, right_sweep: 0.02, stack_size: 2, ...params })
  await node.initialize()
  return node
}

async function follow(output: OutputStream): Promise<{ done: Promise<Chunk[]> }> {
  const input = new InputStream({ delivery: 'complete' })
  await input.connect(output)
  input.startRun()
  const gather = async () => {
    const chunks: Chunk[] = []
    for await (const chunk of input.chunks()) chunks.push(chunk)
    await input.close()
    return chunks
  }
  return { done: gather() }
}

const firstChannel = ({ data }: Chunk) => data.column(0).toNested()
const taken = (node: TriggerAccumulator, input: string, samples: number) =>
  waitFor(() => node.inputs[input]!.status().samples === samples)
const made = (node: TriggerAccumulator, sweeps: number) => waitFor(() => node.totalTrig === sweeps)

describe('TriggerAccumulator', () => {
  test('sends each sweep and the mean of the stack, whichever of signal and event comes first', async () => {
    await using signals = await openSignals()
    await using events = await openEvents()
    await using node = await prepare(new TriggerAccumulator({ name: 'sweeps' }), { signals, events })
    expect(node.outputs['sweeps']!.info).toMatchObject({ dtype: 'float32', shape: [-1, 2], sampleRate: RATE })
    expect(node.outputs['sweeps']!.info.channelInfo).toEqual([{ name: 'a' }, { name: 'b' }])
    const sweeps = await follow(node.outputs['sweeps']!)
    const average = await follow(node.outputs['average']!)
    signals.startRun()
    events.startRun()
    await node.start()
    await events.send(positions(10, 14))
    await taken(node, 'events', 2)
    await signals.send(ramp(0, 12))
    await signals.send(ramp(12, 40))
    await made(node, 2)
    await events.send(positions(5, 60))
    await made(node, 3)
    expect(node.stack.toNested()).toEqual([
      [
        [2, 3, 4, 5, 6],
        [-2, -3, -4, -5, -6]
      ],
      [
        [11, 12, 13, 14, 15],
        [-11, -12, -13, -14, -15]
      ]
    ])
    expect([node.stackPos, node.totalTrig, node.limit1, node.limit2, node.size]).toEqual([1, 3, -3, 2, 5])
    expect(node.tVect).toEqual([-0.03, -0.019999999999999997, -0.009999999999999998, 0, 0.010000000000000002])
    await signals.endRun()
    await events.endRun()
    expect((await sweeps.done).map((chunk) => [chunk.index, firstChannel(chunk)])).toEqual([
      [1, [7, 8, 9, 10, 11]],
      [2, [11, 12, 13, 14, 15]],
      [3, [2, 3, 4, 5, 6]]
    ])
    expect((await average.done).map(firstChannel)).toEqual([
      [7, 8, 9, 10, 11],
      [9, 10, 11, 12, 13],
      [6.5, 7.5, 8.5, 9.5, 10.5]
    ])
    expect(await node.finished()).toBeUndefined()
    expect(node.status().counters).toEqual({ sweeps: 3, partial: 0, gone: 0, unfinished: 1, unplaced: 0, overflow: 0 })
  })

  test('what never came reads as filler and stays out of the mean; what is gone is a hole with its cause', async () => {
    await using signals = await openSignals()
    await using events = await openEvents()
    const node = await prepare(
      new TriggerAccumulator({ name: 'sweeps' }),
      { signals, events },
      { config: { eventDelay: 0.1 } }
    )
    await using _ = node
    const sweeps = await follow(node.outputs['sweeps']!)
    const average = await follow(node.outputs['average']!)
    signals.startRun()
    events.startRun()
    await node.start()
    await events.send(positions(1, 8, 20))
    await taken(node, 'events', 3)
    await signals.send(ramp(0, 10))
    await signals.send(ramp(12, 20), 20)
    for (let from = 20; from < 200; from += 20) await signals.send(ramp(from, from + 20))
    await taken(node, 'signals', 198)
    await made(node, 3)
    await events.send(positions(100, 190))
    await events.endRun()
    await signals.endRun()
    const chunks = await sweeps.done
    expect(chunks.map((chunk) => [chunk.index, firstChannel(chunk)])).toEqual([
      [1, [NaN, NaN, 0, 1, 2]],
      [2, [5, 6, 7, 8, 9]],
      [3, [17, 18, 19, 20, 21]],
      [5, [187, 188, 189, 190, 191]]
    ])
    expect(chunks.flatMap(({ gaps }) => gaps)).toEqual([{ from: 3, to: 4, cause: 'overrun', declared: true }])
    expect((await average.done).map(firstChannel)[0]).toEqual([NaN, NaN, NaN, NaN, NaN])
    expect(node.status().counters).toMatchObject({ sweeps: 4, partial: 1, gone: 1, unfinished: 0 })
  })

  test('behind a source that waits, a replay at full speed loses no sweep', async () => {
    await using signals = await open('signals', { dtype: 'float32', shape: [-1, 1], flow: 'wait' })
    await using trigger = new AnalogTrigger({ name: 'trigger' })
    await trigger.configure({})
    await trigger.input.connect(signals)
    await trigger.setParams({ threshold: 0.5 })
    await trigger.initialize()
    await using node = await prepare(
      new TriggerAccumulator({ name: 'sweeps' }),
      { signals, events: trigger.output },
      { config: { eventDelay: 0.1 } }
    )
    signals.startRun()
    await node.start()
    await trigger.start()
    // 2000 s of signal, with a pulse each second.
    const pulse = NdArray.fromTyped(
      Float32Array.from({ length: 50 }, (_, k) => (k === 25 ? 1 : 0)),
      [50, 1]
    )
    for (let k = 0; k < 4000; k++) await signals.send(pulse)
    await signals.endRun()
    await node.finished()
    expect(node.status().counters).toMatchObject({ sweeps: 4000, partial: 0, gone: 0, unfinished: 0 })
  })

  test('structured events are placed by the field that is asked for', async () => {
    await using signals = await openSignals('int16')
    await using events = await open('events', {
      streamType: 'event',
      dtype: [
        ['label', 'S12'],
        ['index', 'int64'],
        ['onset', 'int64']
      ],
      shape: [-1]
    })
    await using node = await prepare(
      new TriggerAccumulator({ name: 'sweeps' }),
      { signals, events },
      { config: { events_dtype_field: 'onset' } }
    )
    const sweeps = await follow(node.outputs['sweeps']!)
    signals.startRun()
    events.startRun()
    await node.start()
    await events.send(NdArray.from([{ label: 'go', index: 3, onset: 7 }], events.info.dtype))
    await signals.send(ramp(0, 20, 'int16'))
    await events.endRun()
    await signals.endRun()
    const [chunk] = await sweeps.done
    expect([chunk!.data.dtype.name, firstChannel(chunk!)]).toEqual(['int16', [4, 5, 6, 7, 8]])
  })

  test('in another process: the stack is read, reset, and resized by its parameters', async () => {
    await using signals = await openSignals()
    await using events = await open('events', { streamType: 'event', dtype: makeEvents([]).dtype, shape: [-1] })
    await using manager = await createManager({ mode: 'local' })
    const node = await manager.createNode('TriggerAccumulator', { name: 'sweeps' })
    await node.configure({ maxStackSize: 4, maxXSize: 0.1 })
    await node.inputs['signals']!.connect(signals.params)
    await node.inputs['events']!.connect(events.params)
    await node.setParams({ leftSweep: -0.01, rightSweep: 0.02, stackSize: 3 })
    await node.initialize()
    signals.startRun()
    events.startRun()
    await node.start()
    await events.send(makeEvents([{ index: 5 }, { index: 6 }]))
    await signals.send(ramp(0, 20))
    const remote = node as unknown as {
      stack: Promise<NdArray>
      totalTrig: Promise<number>
      resetStack(): Promise<void>
    }
    await waitFor(async () => (await remote.totalTrig) === 2)
    expect((await remote.stack).column(0).toNested()).toEqual([
      [4, 5, 6],
      [5, 6, 7],
      [0, 0, 0]
    ])
    await expect(node.setParams({ stackSize: 5 })).rejects.toThrow(
      "'stackSize': expected 1 to 'maxStackSize', 4, got 5"
    )
    await expect(node.setParams({ rightSweep: 0.2 })).rejects.toThrow("expected at most 'maxXSize', 0.1 s")
    await expect(node.setParams({ rightSweep: -0.01 })).rejects.toThrow("'rightSweep': expected more than 'leftSweep'")
    expect(await remote.totalTrig).toBe(2)
    await node.setParams({ rightSweep: 0.03, stackSize: 1 })
    expect([(await remote.stack).shape, await remote.totalTrig]).toEqual([[1, 2, 4], 0])
    await events.send(makeEvents([{ index: 8 }]))
    await waitFor(async () => (await remote.totalTrig) === 1)
    expect((await remote.stack).column(0).toNested()).toEqual([[7, 8, 9, 10]])
    await remote.resetStack()
    expect(await remote.totalTrig).toBe(0)
    await node.stop()
  })

  test('what does not suit is refused', async () => {
    await using signals = await openSignals()
    await using events = await open('events', { streamType: 'event', dtype: makeEvents([]).dtype, shape: [-1] })
    const sources = { signals, events }
    const attempt = async (options: Parameters<typeof prepare>[2], from = sources) => {
      await using node = new TriggerAccumulator({ name: 'sweeps' })
      await prepare(node, from, options)
    }
    await expect(attempt({ params: { left_sweep: -3 } })).rejects.toThrow(ConfigError)
    await expect(attempt({ config: { maxStackSize: 1 } })).rejects.toThrow(
      "'stackSize': expected 1 to 'maxStackSize', 1"
    )
    await expect(attempt({ config: { eventsDtypeField: 'indx' } })).rejects.toThrow("did you mean 'index'?")
    await using positions = await openEvents()
    await expect(attempt({ config: { eventsDtypeField: 'index' } }, { signals, events: positions })).rejects.toThrow(
      "'eventsDtypeField': expected none, as events are int64"
    )
    await using texts = await open('events', { streamType: 'event', dtype: 'S10', shape: [-1] })
    await expect(attempt({}, { signals, events: texts })).rejects.toThrow("input 'events': expected positions")
    await using film = await open('signals', { dtype: 'uint8', shape: [-1, 4, 4] })
    await expect(attempt({}, { signals: film, events })).rejects.toThrow("input 'signals': expected numbers of shape")
  })
})

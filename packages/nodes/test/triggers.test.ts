import { readFileSync } from 'node:fs'
import { ConfigError, createManager } from '@nodeacq/core'
import { NdArray } from '@nodeacq/ndarray'
import { InputStream, OutputStream, readEvents, type OutputOptions } from '@nodeacq/stream'
import { waitFor } from 'testing'
import { describe, expect, test } from 'vitest'
import { AnalogTrigger, DigitalTrigger } from '../src/index.ts'
import { collect } from './collect.ts'

const { inputs, cases, digital_cases } = JSON.parse(
  readFileSync(new URL('fixtures/dsp_trigger.json', import.meta.url), 'utf8')
) as {
  inputs: { noise: number[] }
  cases: {
    input: string
    debounce_mode: string
    front: string
    debounce_time: number
    chunk: number
    threshold: number
    errors: string[]
    all_events: number[]
  }[]
  digital_cases: { dtype: string; channel: number; threshold: number; front: string; all_events: number[] }[]
}

type Trigger = AnalogTrigger | DigitalTrigger

async function openSource(options: OutputOptions): Promise<OutputStream> {
  const source = new OutputStream({ sampleRate: 1000, ...options }, { node: 'amp', name: 'signals' })
  await source.configure()
  return source
}

/** Connects, sets the parameters and initializes. */
async function prepare<T extends Trigger>(trigger: T, source: OutputStream, params: object): Promise<T> {
  await trigger.configure({})
  await trigger.input.connect(source, { delivery: 'complete' })
  await trigger.setParams(params)
  await trigger.initialize()
  return trigger
}

/** Everything a trigger finds in chunks `[data, index]`. */
async function positions(trigger: Trigger, source: OutputStream, chunks: [NdArray, number?][]): Promise<number[]> {
  const { done } = await collect(trigger.output)
  source.startRun()
  await trigger.start()
  for (const [data, index] of chunks) await source.send(data, index)
  await source.endRun()
  const { data, indexes } = await done
  expect(await trigger.finished()).toBeUndefined()
  expect(indexes.at(-1) ?? 0).toBe(data.length)
  expect(trigger.status().counters['events']).toBe(data.length)
  return readEvents(data).map(({ index }) => index)
}

function column(values: readonly number[], dtype = 'float32'): NdArray {
  return NdArray.from(
    values.map((value) => [value]),
    dtype
  )
}

describe('AnalogTrigger', () => {
  test.each(cases.filter(({ input, errors }) => input === 'noise' && errors.length === 0))(
    'pyacq: $debounce_mode, front $front, through real streams',
    async ({ debounce_mode, front, debounce_time, chunk, threshold, all_events }) => {
      await using source = await openSource({ dtype: 'int16', shape: [-1, 2] })
      // pyacq's names of the parameters, as a Python program sets them.
      const params = { channel: 1, threshold, front, debounce_mode, debounce_time }
      await using trigger = await prepare(new AnalogTrigger({ name: 'trigger' }), source, params)
      expect(trigger.output.info).toMatchObject({
        streamType: 'events',
        dtype: 'int64',
        shape: [-1],
        sampleRate: 1000,
        eventsOf: 'amp.signals'
      })
      const signal = NdArray.from(
        inputs.noise.map((value) => [0, value]),
        'int16'
      )
      const chunks = Array.from({ length: 20 }, (_, k): [NdArray] => [signal.slice(k * chunk, (k + 1) * chunk)])
      const found = await positions(trigger, source, chunks)
      expect(found.filter((position) => position > chunk)).toEqual(all_events)
    }
  )

  test('nothing fires across a gap, and what waits there is counted', async () => {
    await using source = await openSource({ dtype: 'float32', shape: [-1, 1] })
    const params = { threshold: 0.5, debounceMode: 'after-stable', debounceTime: 0.003 }
    await using trigger = await prepare(new AnalogTrigger({ name: 'trigger' }), source, params)
    const gaps: object[] = []
    trigger.on('gap', (gap) => gaps.push(gap))
    const found = await positions(trigger, source, [
      [column([0, 1, 1, 1, 1, 0])],
      [column([0, 0, 1]), 9],
      [column([1, 1, 1, 1, 0, 1, 1, 1, 1]), 29]
    ])
    expect(found).toEqual([1, 25])
    expect(trigger.status().counters).toEqual({ events: 2, undecided: 1 })
    expect(gaps).toMatchObject([{ input: 'signals', from: 9, to: 20 }])
  })

  test('each run begins afresh', async () => {
    await using source = await openSource({ dtype: 'float32', shape: [-1, 1] })
    const params = { threshold: 0.5, debounceMode: 'after-stable', debounceTime: 0.002 }
    await using trigger = await prepare(new AnalogTrigger({ name: 'trigger' }), source, params)
    const chunks: [NdArray][] = [[column([1, 1, 0, 1])], [column([1, 1, 1, 0, 1])]]
    expect(await positions(trigger, source, chunks)).toEqual([3])
    expect(trigger.status().counters).toEqual({ events: 1, undecided: 1 })
    expect(await positions(trigger, source, chunks)).toEqual([3])
    expect(trigger.status().counters).toEqual({ events: 1, undecided: 1 })
  })

  test('a source that starts anew without an end begins a run of events, whose positions count from 0', async () => {
    await using source = await openSource({ dtype: 'float32', shape: [-1, 1] })
    await using trigger = await prepare(new AnalogTrigger({ name: 'trigger' }), source, { threshold: 0.5 })
    await using input = new InputStream({ delivery: 'complete' })
    await input.connect(trigger.output)
    const seen: [run: number, index: number, positions: number[]][] = []
    input.onData(({ run, index, data }) => seen.push([run, index, readEvents(data).map((event) => event.index)]))
    source.startRun()
    await trigger.start()
    const first = trigger.output.run
    await source.send(column([0, 1, 0, 1]))
    source.startRun()
    await source.send(column([0, 0, 1]))
    await source.endRun()
    await waitFor(() => seen.length === 2)
    expect(seen).toEqual([
      [first, 2, [1, 3]],
      [first + 1, 1, [2]]
    ])
  })

  test('NaN is neither above nor below', async () => {
    await using source = await openSource({ dtype: 'float32', shape: [-1, 1] })
    await using trigger = await prepare(new AnalogTrigger({ name: 'trigger' }), source, { threshold: 0.5 })
    expect(await positions(trigger, source, [[column([0, NaN, 1, 0, 1, NaN, 0])]])).toEqual([4])
  })

  test('the threshold is rounded to float32 where the samples are', async () => {
    for (const [dtype, expected] of [
      ['float32', []],
      ['float64', [1]]
    ] as const) {
      await using source = await openSource({ dtype, shape: [-1, 1] })
      await using trigger = await prepare(new AnalogTrigger({ name: 'trigger' }), source, { threshold: 0.1 })
      expect(await positions(trigger, source, [[column([0, Math.fround(0.1)], dtype)]])).toEqual(expected)
    }
  })

  test('parameters changed by another process hold from the next chunk on, and are told as an event', async () => {
    await using source = await openSource({
      dtype: 'float32',
      shape: [-1, 2],
      channelInfo: [{ name: 'left' }, { name: 'right' }]
    })
    await using manager = await createManager({ mode: 'local' })
    const group = await manager.createNodeGroup({ name: 'analysis' })
    const trigger = await group.createNode('AnalogTrigger', { name: 'trigger' })
    await trigger.configure({})
    await trigger.input.connect(source.params)
    await trigger.setParams({ threshold: 5 })
    await trigger.initialize()
    const { done } = await collect(await trigger.output.params)
    source.startRun()
    await trigger.start()
    const rise = NdArray.from(
      [0, 0, 1, 1].map((value) => [value, 10 * value]),
      'float32'
    )
    await source.send(rise)
    await source.send(rise)
    await waitFor(async () => (await trigger.status()).inputs[0]!.samples === 8)
    await trigger.setParams({ channel: 'right' })
    await expect(trigger.setParams({ channel: 2 })).rejects.toThrow("'channel': expected 0 to 1, got 2; nearest 1")
    await expect(trigger.setParams({ channel: 'rigth' })).rejects.toThrow("got 'rigth'; did you mean 'right'?")
    await expect(trigger.setParams({ front: 'up' })).rejects.toThrow('front')
    await source.send(rise)
    await source.endRun()
    expect((await done).data.toNested()).toEqual([10])
    const { events } = await manager.events(0)
    expect(events.filter(({ kind }) => kind === 'paramsChanged').at(-1)).toMatchObject({
      node: 'trigger',
      group: 'analysis',
      params: { channel: 'right', threshold: 5, front: '+' }
    })
  })

  test('what does not suit is refused', async () => {
    await using source = await openSource({ dtype: 'float32', shape: [-1, 2] })
    await using trigger = new AnalogTrigger({ name: 'trigger' })
    await trigger.configure({ max_size: 1, emit_qt_signal: true })
    await trigger.setParams({ channel: 7 })
    await trigger.input.connect(source)
    await expect(trigger.initialize()).rejects.toThrow(ConfigError)
    await expect(trigger.initialize()).rejects.toThrow("AnalogTrigger 'trigger': 'channel': expected 0 to 1, got 7")
    await trigger.setParams({ channel: 1 })
    await trigger.initialize()
    const zero = trigger.setParams({ debounceMode: 'before-stable', debounceTime: 0 })
    await expect(zero).rejects.toThrow("'debounceTime': expected at least one sample, 0.001 s, in mode 'before-stable'")
    await expect(trigger.setParams({ debounceTime: -1 })).rejects.toThrow(ConfigError)
    await expect(trigger.setParams({ threshold: NaN })).rejects.toThrow(ConfigError)
    expect(trigger.params).toMatchObject({ channel: 1, debounceMode: 'no-debounce', debounceTime: 0.01 })
    await using film = await openSource({ dtype: 'uint8', shape: [-1, 4, 4] })
    await using other = new AnalogTrigger({ name: 'other' })
    await other.configure({})
    await other.input.connect(film)
    await expect(other.initialize()).rejects.toThrow('expected numbers of shape (samples, channels)')
  })
})

describe('DigitalTrigger', () => {
  /** As the vectors describe their input. */
  function digital(dtype: string): NdArray {
    const rows = Array.from({ length: 400 }, (_, k) => [
      ((k >= 50 && k < 80) || (k >= 120 && k < 125) ? 1 : 0) | (k >= 250 && k < 300 ? 4 : 0),
      k >= 60 && k < 200 ? 1 : 0
    ])
    return NdArray.from(rows, dtype)
  }

  async function run(dtype: string, params: object): Promise<number[]> {
    await using source = await openSource({ dtype, shape: [-1, 2], streamType: 'digitalsignal' })
    await using trigger = await prepare(new DigitalTrigger({ name: 'trigger' }), source, params)
    const data = digital(dtype)
    const chunks = [0, 50, 51, 60, 399].map((from, k, all): [NdArray] => [data.slice(from, all[k + 1] ?? 400)])
    return await positions(trigger, source, chunks)
  }

  // Where pyacq counts right: the lowest bit of the first column.
  test.each(digital_cases.filter(({ channel }) => channel === 0))(
    'pyacq: $dtype',
    async ({ dtype, channel, threshold, front, all_events }) => {
      expect(await run(dtype, { channel, threshold, front })).toEqual(all_events)
    }
  )

  test.each([
    ['uint8', 2, '+', [250]],
    ['uint8', 2, '-', [300]],
    ['uint8', 8, '+', [60]],
    ['uint16', 16, '-', [200]],
    ['>u2', 16, '+', [60]],
    ['int64', 66, '+', []],
    ['int64', 64, '+', [60]]
  ] as const)('bits are counted in bits: %s, bit %i, front %s', async (dtype, channel, front, expected) => {
    expect(await run(dtype, { channel, front })).toEqual(expected)
  })

  test('a bit or a signal that does not exist is refused', async () => {
    await expect(run('uint8', { channel: 16 })).rejects.toThrow('expected 0 to 15 (2 columns of 8 bits), got 16')
    await expect(run('float32', { channel: 0 })).rejects.toThrow('expected integers of shape (samples, channels)')
  })
})

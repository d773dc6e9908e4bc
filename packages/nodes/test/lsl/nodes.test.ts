import { NdArray } from '@nodeacq/ndarray'
import { EVENT_DTYPE, makeEvents, OutputStream, readEvents, type OutputOptions } from '@nodeacq/stream'
import { waitFor } from 'testing'
import { expect, test } from 'vitest'
import { LslInlet, LslOutlet, LslStreamInlet, LslStreamOutlet, resolveLslStreams } from '../../src/index.ts'
import type { LslStreamDescription } from '../../src/lsl/net/LslStreamOutlet.ts'
import type { LslSettings } from '../../src/lsl/settings/LslSettings.ts'
import { valuesOfBatch, type SampleBatch } from '../../src/lsl/wire/SampleBatch.ts'
import { collect } from '../collect.ts'
import { isolated } from './isolated.ts'

const leaf = (name: string, text: string) => ({ name, attributes: {}, children: [], text })
const channel = (label: string, unit: string) => ({
  name: 'channel',
  attributes: {},
  children: [leaf('label', label), leaf('unit', unit), leaf('type', 'EEG'), leaf('location_x', '1.5')]
})
const DESC = {
  name: 'desc',
  attributes: {},
  children: [{ name: 'channels', attributes: {}, children: [channel('Fz', 'microvolts'), channel('Cz', 'uV')] }]
}
const EEG: LslStreamDescription = {
  name: "amp 'one'",
  type: 'EEG',
  channelCount: 2,
  channelFormat: 'int16',
  nominalRate: 1000,
  sourceId: 'amp-1',
  desc: DESC
}

/** Samples `[from, to)`: n and -n. */
function push(outlet: LslStreamOutlet, from: number, to: number, start = 5000): void {
  const rows = Array.from({ length: to - from }, (_, k) => [from + k, 0 - (from + k)])
  outlet.pushNumbers(new Uint8Array(Int16Array.from(rows.flat()).buffer), start + (to - 1) / 1000)
}

async function inletOf(network: Partial<LslSettings>, options: object = {}): Promise<LslInlet> {
  const node = new LslInlet({ name: 'in' })
  await node.configure({ network, timeout: 10, ...options })
  await node.initialize()
  return node
}

test('a stream is a device: channels, units, stamps; a loss is a gap; an outlet that begins anew goes on', async () => {
  const settings = await isolated()
  const first = await LslStreamOutlet.open(EEG, { settings })
  await using node = await inletOf(settings, { name: EEG.name, predicate: 'channel_count=2' })
  const { info } = node.outputs['signals']!
  expect(info).toMatchObject({ dtype: 'int16', shape: [-1, 2], sampleRate: 1000, units: 'uV' })
  expect(info.channelInfo).toEqual([
    { name: 'Fz', unit: 'uV', type: 'EEG', location_x: '1.5' },
    { name: 'Cz', unit: 'uV', type: 'EEG', location_x: '1.5' }
  ])
  const [signals, stamps] = [await collect(node.outputs['signals']!), await collect(node.outputs['stamps']!)]
  await node.start()
  await waitFor(() => first.consumerCount === 1)
  for (let n = 0; n < 400; n += 20) push(first, n, n + 20)
  for (let n = 450; n < 600; n += 10) push(first, n, n + 10)
  await waitFor(() => node.outputs['signals']!.index === 600)
  await first.close()
  await waitFor(() => node.status().counters['reconnects'] === 1)
  await using second = await LslStreamOutlet.open(EEG, { settings })
  await waitFor(() => second.consumerCount === 1)
  push(second, 900, 1000)
  await waitFor(() => node.outputs['signals']!.index === 1000)
  await node.stop()
  const { data, gaps } = await signals.done
  expect(gaps.map(({ from, to, cause, declared }) => [from, to, cause, declared])).toEqual([
    [400, 450, 'device', true],
    [600, 900, 'device', true]
  ])
  const numbers = [
    ...Array(400).keys(),
    ...Array(150)
      .keys()
      .map((n) => n + 450),
    ...Array(100)
      .keys()
      .map((n) => n + 900)
  ]
  expect(data.toNested()).toEqual(numbers.map((n) => [n, 0 - n]))
  const kept = (await stamps.done).data.toNested() as number[][]
  for (const [k, n] of numbers.entries()) expect(kept[k]![0]).toBeCloseTo(5000 + n / 1000, 9)
  expect(node.status().counters).toMatchObject({ reconnects: 1, lostSamples: 350, gaps: 2, stampJumps: 0 })
  expect(node.outputs['signals']!.clock.deviceTimeOf(999)!.time).toBeCloseTo(5_000_999, 3)
})

test('texts are events, irregular samples are counted; what is not one stream is refused by name', async () => {
  const network = await isolated()
  await using markers = await LslStreamOutlet.open(
    { name: 'markers', type: 'Markers', channelCount: 2, channelFormat: 'string' },
    { settings: network }
  )
  await using gaze = await LslStreamOutlet.open(
    { name: 'gaze', type: 'Gaze', channelCount: 1, channelFormat: 'double64' },
    { settings: network }
  )
  await using inlet = await inletOf(network, { type: 'Markers' })
  await using eyes = await inletOf(network, { name: 'gaze' })
  const events = await collect(inlet.outputs['events']!)
  const stamps = await collect(inlet.outputs['stamps']!)
  const samples = await collect(eyes.outputs['signals']!)
  await inlet.start()
  await eyes.start()
  await waitFor(() => markers.consumerCount + gaze.consumerCount === 2)
  markers.pushTexts(
    [
      ['S  5', ''],
      ['é', 'x'.repeat(80)]
    ],
    Float64Array.of(7.5, 8.25)
  )
  gaze.pushNumbers(new Uint8Array(Float64Array.of(0.5).buffer), 1)
  gaze.pushNumbers(new Uint8Array(Float64Array.of(0.75).buffer), 99)
  await waitFor(() => inlet.outputs['events']!.index === 2 && eyes.outputs['signals']!.index === 2)
  await inlet.stop()
  await eyes.stop()
  expect(readEvents((await events.done).data)).toEqual([
    { index: -1, value: 0, duration: 0, label: 'S  5|' },
    { index: -1, value: 0, duration: 0, label: `é|${'x'.repeat(61)}` }
  ])
  expect((await stamps.done).data.toNested()).toEqual([[7.5], [8.25]])
  expect((await samples.done).data.toNested()).toEqual([[0.5], [0.75]])
  expect(inlet.status().counters['cutLabels']).toBe(1)
  await expect(inletOf(network, { predicate: 'channel_count>0', timeout: 1 })).rejects.toThrow(
    /2 streams are meant.*'gaze'/
  )
  await expect(inletOf(network, { name: 'nobody', timeout: 0.3 })).rejects.toThrow(
    "no stream with name='nobody' for 0.3 s"
  )
})

interface Reading extends AsyncDisposable {
  readonly inlet: LslStreamInlet
  readonly batches: SampleBatch[]
}

async function read(settings: Partial<LslSettings>, name: string): Promise<Reading> {
  const [info] = await resolveLslStreams({ settings, predicate: `name='${name}'`, minimum: 1, timeout: 10 })
  const inlet = new LslStreamInlet(info!, { settings })
  const batches: SampleBatch[] = []
  const stop = new AbortController()
  const done = inlet.run(stop.signal, { onSamples: (batch) => void batches.push(batch) })
  return {
    inlet,
    batches,
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await done
    }
  }
}

async function offer(
  spec: OutputOptions,
  options: object
): Promise<{ output: OutputStream; node: LslOutlet } & AsyncDisposable> {
  const output = new OutputStream(spec)
  await output.configure()
  const node = new LslOutlet({ name: 'out' })
  await node.configure(options)
  await node.input.connect(output)
  await node.initialize()
  await node.start()
  output.startRun()
  return {
    output,
    node,
    [Symbol.asyncDispose]: async () => {
      await output.endRun()
      await node.finished()
      await node[Symbol.asyncDispose]()
      await output.close()
    }
  }
}

test('any stream is offered: physical values, channels, stamps of its clock, and one for each chunk', async () => {
  const network = await isolated()
  const spec: OutputOptions = {
    dtype: 'uint8',
    shape: [-1, 2],
    sampleRate: 500,
    scale: [0.5, 2],
    offset: 1,
    channelInfo: [{ name: 'Fz', unit: 'uV' }, { name: 'Cz' }],
    units: 'mV'
  }
  await using offered = await offer(spec, { name: 'signals', network })
  await using reading = await read(network, 'signals')
  const { info } = reading.inlet
  expect(info).toMatchObject({ type: 'EEG', channelFormat: 'float32', nominalRate: 500, channelCount: 2 })
  expect(info.sourceId).toMatch(/^nodeacq-.*-out-signals$/)
  await waitFor(() => offered.node.status().counters['clients'] === 1)
  await offered.output.send(
    NdArray.from(
      [
        [2, 3],
        [4, 5]
      ],
      'uint8'
    )
  )
  await offered.output.send(NdArray.from([[6, 255]], 'uint8'), 13)
  await waitFor(() => reading.batches.reduce((sum, { count }) => sum + count, 0) === 3)
  const values = reading.batches.flatMap((batch) => [...valuesOfBatch(batch, info.channelFormat)])
  expect(values).toEqual([2, 7, 3, 11, 4, 511])
  const stamped = reading.batches.flatMap(({ isStamped }) => [...isStamped])
  expect(stamped).toEqual([1, 0, 1])
  const described = await resolveLslStreams({
    settings: network,
    predicate: "desc/channels/channel[1]/unit='microvolts' and desc//channel[2]/unit='millivolts' and desc//label='Cz'",
    minimum: 1,
    timeout: 10
  })
  expect(described).toHaveLength(1)
})

test('events are offered as texts', async () => {
  const network = await isolated()
  await using offered = await offer(
    { streamType: 'event', dtype: EVENT_DTYPE, shape: [-1] },
    { name: 'marks', network }
  )
  await using reading = await read(network, 'marks')
  expect(reading.inlet.info).toMatchObject({ type: 'Markers', channelFormat: 'string', nominalRate: 0 })
  await waitFor(() => offered.node.status().counters['clients'] === 1)
  await offered.output.send(
    makeEvents([
      { index: 3, label: 'go' },
      { index: 9, value: 7 }
    ])
  )
  await waitFor(() => reading.batches.length > 0)
  expect(reading.batches[0]!.texts).toEqual([['go'], ['7']])
})

test('what LSL has no format for is refused', async () => {
  const network = await isolated()
  await expect(offer({ dtype: 'complex128', shape: [-1, 1] }, { network })).rejects.toThrow(
    'expected numbers of up to 64 bits'
  )
  await expect(offer({ dtype: 'float32', shape: [-1, 4, 4] }, { network })).rejects.toThrow(
    'of shape (samples, channels)'
  )
  await expect(offer({ dtype: 'float32', shape: [-1, 1] }, { network, host: '0.0.0.0' })).rejects.toThrow(
    'beyond loopback'
  )
})

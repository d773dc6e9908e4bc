import { createManager, DeviceError, type NodeGroup } from '@nodeacq/core'
import type { Remote } from '@nodeacq/rpc'
import { InputStream, readEvents, type Gap } from '@nodeacq/stream'
import { openSockets } from '@nodeacq/zmq'
import { waitFor } from 'testing'
import { expect, test } from 'vitest'
import { OpenEphys, OpenEphysSimulator, RelaySimulator, type OpenEphysSimulatorOptions } from '../../src/index.ts'
import { collect } from '../collect.ts'
import { placesOf, stepsOf } from './ramp.ts'

const STREAM = { name: 'Rhythm Data', sampleRate: 1000, channelCount: 4 }

async function startSimulator(options: OpenEphysSimulatorOptions = {}): Promise<OpenEphysSimulator> {
  return await OpenEphysSimulator.start({ streams: [STREAM], ...options })
}

async function startNode(simulator: OpenEphysSimulator, options: object = {}): Promise<OpenEphys> {
  const node = new OpenEphys({ name: 'gui' })
  await node.configure({ url: simulator.address, ...options })
  await node.initialize()
  return node
}

test('signals, events and spikes come as they were acquired, and nothing is missing', async () => {
  await using simulator = await startSimulator()
  await using node = await startNode(simulator)
  expect(Object.keys(node.outputs)).toEqual(['signals', 'events', 'spikes'])
  const { signals, events, spikes } = node.outputs as { [name: string]: (typeof node.outputs)[string] }
  expect(signals!.info).toMatchObject({ sampleRate: 1000, dtype: 'float32', shape: [-1, 4], units: 'uV' })
  expect(signals!.info.channelInfo![3]).toEqual({ name: 'CH4', unit: 'uV', stream: 'Rhythm Data' })
  expect(events!.info).toMatchObject({ streamType: 'event', eventsOf: 'signals', sampleRate: 1000 })
  const [data, ttl, spike] = await Promise.all([signals!, events!, spikes!].map((output) => collect(output)))
  await node.start()
  await waitFor(() => events!.index >= 2 && signals!.index > 1100)
  await waitFor(() => simulator.requests!.applications.size === 1)
  expect(await node.sendEvent({ channel: 7 })).toBe('message correctly parsed')
  await node.stop()
  const { data: chunk, gaps } = await data!.done
  expect(gaps).toEqual([])
  const rows = chunk.toNested() as number[][]
  expect(stepsOf(rows).every((step) => step === 1)).toBe(true)
  const places = placesOf(rows)
  const found = readEvents((await ttl!.done).data)
  expect(found.map(({ label, index }) => [label, places[index]! % 500])).toEqual(found.map(() => ['line 4', 0]))
  expect(found.map(({ value, index }) => [value, places[index]])).toContainEqual([1, 500])
  const peaks = readEvents((await spike!.done).data).filter(({ index }) => index < places.length)
  expect(peaks.length).toBeGreaterThanOrEqual(3)
  for (const { index, label, value } of peaks) {
    expect([label, places[index]! % 250, value < 3]).toEqual(['Electrode 1', 0, true])
  }
  // 100 µV, channel 0 at 8 Hz: a sine through the zeros of its place.
  expect(Math.max(...rows.map(([first]) => Math.abs(first!)))).toBeCloseTo(100, 0)
  expect(Object.values(node.status().counters).every((count) => count === 0)).toBe(true)
  expect(simulator.requests!.events).toEqual([{ type: 3, sampleNumber: 0, id: 1, channel: 7 }])
  expect([...simulator.requests!.applications.values()]).toEqual(['nodeacq'])
})

test('several streams have outputs of their own, at their own rates', async () => {
  await using simulator = await startSimulator({
    streams: [
      { name: 'Probe A/AP', sampleRate: 2000, channelCount: 3 },
      { name: 'Probe A/LFP', sampleRate: 500, channelCount: 2 }
    ]
  })
  await using node = await startNode(simulator)
  expect(Object.keys(node.outputs).sort()).toEqual(
    ['events', 'signals', 'spikes'].flatMap((kind) => [`${kind}-probe-a-ap`, `${kind}-probe-a-lfp`])
  )
  const fast = node.outputs['signals-probe-a-ap']!
  const slow = node.outputs['signals-probe-a-lfp']!
  const [a, b] = await Promise.all([collect(fast), collect(slow)])
  await node.start()
  await waitFor(() => fast.index > 800)
  await node.stop()
  const [fastRows, slowRows] = [await a!.done, await b!.done].map(({ data }) => data.toNested() as number[][])
  expect(fastRows!.length / slowRows!.length).toBeGreaterThan(3)
  expect(stepsOf(fastRows!).every((step) => step === 1)).toBe(true)
  expect(stepsOf(slowRows!).every((step) => step === 1)).toBe(true)
  await using one = await startNode(simulator, { streams: ['Probe A/LFP'] })
  expect(one.outputs['signals']!.info).toMatchObject({ sampleRate: 500, shape: [-1, 2] })
})

test('without data, or without the stream that is wanted, configure says so', async () => {
  await using simulator = await startSimulator()
  const node = new OpenEphys({ name: 'gui' })
  await expect(node.configure({ url: simulator.address, streams: ['Probe B'], timeout: 0.2 })).rejects.toThrow(
    /OpenEphys 'gui': no whole block of stream 'Probe B' from tcp:.* within 0.2 s; is Open Ephys acquiring/
  )
  await expect(node.configure({ url: 'tcp://127.0.0.1:1', timeout: 0.2 })).rejects.toThrow(DeviceError)
  await expect(node.configure({ url: 'localhost' })).rejects.toThrow("'url': expected an address such as")
  await node.close()
  await simulator.close()
  expect(openSockets()).toEqual([])
})

test('another rate than the one that was described is an error that tells both', async () => {
  const first = await startSimulator()
  await using node = await startNode(first)
  const port = Number(first.address.split(':').at(-1))
  await first.close()
  await using _ = await waitFor(() =>
    startSimulator({ port, streams: [{ ...STREAM, sampleRate: 2000 }] }).catch(() => undefined)
  )
  await node.start()
  expect((await node.finished())?.message).toMatch(
    "OpenEphys 'gui': stream 'Rhythm Data' was described with 1000 Hz and now has 2000 Hz"
  )
})

/** The nodes for the other ways into the GUI: without faults, all that they give arrives. */
async function startOthers(group: Remote<NodeGroup>): Promise<{ finished(): Promise<void> } & AsyncDisposable> {
  const falcon = await startSimulator({ plugin: 'Falcon Output' })
  const events = await startSimulator({ plugin: 'Event Broadcaster' })
  const relay = await RelaySimulator.start({ channelCount: 4, sampleRate: 1000 })
  const signals: Awaited<ReturnType<typeof collect>>[] = []
  for (const [type, { address }] of [
    ['OpenEphysFalcon', falcon],
    ['OpenEphysGUIRelay', relay]
  ] as const) {
    const node = await group.createNode(type, { name: type })
    await node.configure({ url: address })
    await node.initialize()
    signals.push(await collect(node.outputs['signals']!))
  }
  const node = await group.createNode('OpenEphysEvents', { name: 'events' })
  await node.configure({ url: events.address })
  await node.initialize()
  const ttl = await collect(node.outputs['events']!)
  return {
    finished: async () => {
      for (const { done } of signals) {
        const { data, gaps, indexes } = await done
        expect([gaps, data.length]).toEqual([[], indexes.at(-1)])
        expect(stepsOf(data.toNested() as number[][]).every((step) => step === 1)).toBe(true)
      }
      const found = readEvents((await ttl.done).data)
      expect(found.slice(1).map(({ index }, k) => index - found[k]!.index)).toEqual(found.slice(1).map(() => 500))
    },
    [Symbol.asyncDispose]: async () => {
      for (const simulator of [falcon, events, relay]) await simulator.close()
    }
  }
}

/** What loses nothing. */
const HARMLESS = ['duplicate=12', 'garbage=3', 'delay=60', 'delay=0', 'rate=2', 'rate=1']
/** What may leave a gap. A bit of a sample that changed cannot be seen; those of the ramp are spared here. */
const DOUBTFUL = ['corrupt=3', 'jump=500000', 'slowStart=0.2']
/** What leaves a gap. */
const LOSSY = [
  'lose=6',
  'cut=3',
  'jump=70',
  'silence=0.3',
  'halfOpen=0.3',
  'drop',
  'refuseConnection=0.3',
  'restart=0.3'
]
const ROUNDS = process.env['NODEACQ_SOAK'] === '1' ? 10 : 1
const SCRIPT = [...HARMLESS, ...DOUBTFUL, ...Array.from({ length: ROUNDS }, () => LOSSY).flat()]
const WATCHDOG = 60_000 * ROUNDS

test(
  'in a process of its own, through every fault, what is not declared missing arrives',
  { timeout: WATCHDOG },
  async () => {
    await using simulator = await startSimulator()
    await using manager = await createManager()
    const group = await manager.createNodeGroup({ name: 'acquisition' })
    const node = await group.createNode('OpenEphys', { name: 'gui' })
    await node.configure({ url: simulator.address })
    await node.initialize()
    await using others = await startOthers(group)
    const input = new InputStream({ delivery: 'complete' })
    await input.connect(node.outputs['signals']!)
    input.startRun()
    await manager.startAll()
    const rows: number[][] = []
    /** Rows before each gap. */
    const starts: number[] = []
    const all: Gap[] = []
    let next = 0
    let until = 100
    let gapsBefore = 0
    let firstGap: string | undefined
    for await (const { data, gaps, index } of input.chunks()) {
      all.push(...gaps)
      for (const _ of gaps) starts.push(rows.length)
      if (gaps.length > 0) firstGap ??= SCRIPT[next - 1]
      rows.push(...(data.toNested() as number[][]))
      expect(rows.length + all.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(index)
      const awaitsGap = LOSSY.includes(SCRIPT[next - 1] ?? '') && all.length === gapsBefore
      if (rows.length < until || awaitsGap) continue
      const fault = SCRIPT[next++]
      if (fault === undefined) break
      until = rows.length + 60
      gapsBefore = all.length
      const [kind = '', value = ''] = fault.split('=')
      simulator.inject({ kind, value, at: 0 })
    }
    const { lostSamples } = input.status()
    const { counters } = await node.status()
    await manager.stopAll()
    await others.finished()
    await input.close()
    expect(lostSamples).toBe(0)
    expect(all.every(({ declared, cause }) => declared && cause === 'device')).toBe(true)
    expect(HARMLESS).not.toContain(firstGap)
    expect(all.map(({ from, to }) => to - from)).toContain(70)
    // Where the ramp jumps a gap was declared.
    const steps = stepsOf(rows)
    const jumps = steps.flatMap((step, k) => (step === 1 ? [] : [k + 1]))
    expect(jumps.filter((at) => !starts.includes(at)).map((at) => [at, steps[at - 1]])).toEqual([])
    expect(counters['outages']).toBe(2 * ROUNDS)
    expect(counters['duplicates']).toBeGreaterThanOrEqual(12)
    expect(counters['badMessages']).toBeGreaterThanOrEqual(3)
    expect(counters['incompleteBlocks']).toBeGreaterThan(0)
  }
)

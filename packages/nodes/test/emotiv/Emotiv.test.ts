import { readdir } from 'node:fs/promises'
import { createManager, DeviceError } from '@nodeacq/core'
import { waitFor } from 'testing'
import { expect, onTestFinished, test } from 'vitest'
import { Emotiv, EmotivSimulator, type EmotivSimulatorOptions } from '../../src/index.ts'
import { collect, type Collected } from '../collect.ts'

async function startSimulator(options: EmotivSimulatorOptions = {}): Promise<EmotivSimulator> {
  const simulator = await EmotivSimulator.start(options)
  onTestFinished(() => simulator.close())
  return simulator
}

async function configured(options: object = {}, simulated: EmotivSimulatorOptions = {}) {
  const simulator = await startSimulator(simulated)
  const node = new Emotiv({ name: 'epoc' })
  onTestFinished(() => node[Symbol.asyncDispose]())
  await node.configure({ device: simulator.address, serial: simulator.serial, timeout: 1000, ...options })
  await node.initialize()
  return { simulator, node, outputs: node.outputs }
}

const inject = (simulator: EmotivSimulator, fault: string): void => {
  const [kind = '', value = ''] = fault.split('=')
  simulator.inject({ kind, value, at: 0 })
}

/** The last channel, AF3, is a ramp over 1000 samples. */
function rampOf({ data }: Collected, offset: number, scale = 1): number[] {
  return (data.toNested() as number[][]).map((row) => Math.round(row.at(-1)! / scale) - offset + 500)
}

/** Samples that the clock is wrong by at most, where the first sample after a pause is late on a busy machine. */
const CLOCK_ERROR = 120

/** How far the size of each gap is from what the ramp says. Elsewhere it must have no jump, or at most `jumps`. */
function checkRamp(collected: Collected, { offset = 8192, jumps = 0 } = {}): number[] {
  const { data, gaps, indexes } = collected
  const ramp = rampOf(collected, offset)
  const steps = ramp.map((value, row) => (row === 0 ? 1 : (value - ramp[row - 1]! + 1000) % 1000))
  let missing = 0
  const differences = gaps.map(({ from, to, declared, cause }) => {
    expect({ declared, cause }).toEqual({ declared: true, cause: 'device' })
    const step = steps.splice(from - missing, 1, 1)[0]!
    missing += to - from
    return ((to - from + 1 - step + 1500) % 1000) - 500
  })
  expect(steps.filter((step) => step !== 1).length).toBeLessThanOrEqual(jumps)
  expect(data.length + missing).toBe(indexes.at(-1))
  return differences
}

test("an EPOC has pyacq's outputs, and its battery", async () => {
  const { node, outputs } = await configured()
  expect(Object.keys(outputs)).toEqual(['signals', 'impedances', 'gyro', 'battery'])
  expect(outputs['signals']!.info).toMatchObject({ dtype: 'int16', shape: [-1, 14], sampleRate: 128 })
  expect(outputs['signals']!.info.channelInfo!.map(({ name }) => name).join(' ')).toBe(
    'F3 F4 P7 FC6 F7 F8 T7 P8 FC5 AF4 T8 O2 O1 AF3'
  )
  expect(outputs['signals']!.info.channelInfo![0]!['gain']).toBeCloseTo(0.515151, 5)
  expect(outputs['impedances']!.info).toMatchObject({ dtype: 'float32', shape: [-1, 14], sampleRate: 128 })
  expect(outputs['gyro']!.info).toMatchObject({ dtype: 'int16', shape: [-1, 2], sampleRate: 128 })
  const [signals, impedances, gyro, battery] = [
    await collect(outputs['signals']!),
    await collect(outputs['impedances']!),
    await collect(outputs['gyro']!),
    await collect(outputs['battery']!)
  ]
  await node.start()
  await waitFor(() => outputs['battery']!.index > 0 && outputs['signals']!.index > 140)
  await node.stop()
  const collected = await signals.done
  expect(checkRamp(collected)).toEqual([])
  const contacts = ((await impedances.done).data.toNested() as number[][]).at(-1)!
  expect(contacts.every((contact) => contact > 1.9 && contact < 2.1)).toBe(true)
  expect((await impedances.done).data.length).toBe(collected.data.length)
  const turns = (await gyro.done).data.toNested() as number[][]
  expect(turns.every(([x, y]) => x === -y!)).toBe(true)
  expect((await battery.done).data.toNested()).toContainEqual([99])
  // A second run begins at 0.
  await node.start()
  await waitFor(() => outputs['signals']!.index > 0)
  expect(outputs['signals']!.index).toBeLessThan(140)
  await waitFor(() => outputs['signals']!.index > 20)
  await node.stop()
})

test('an EPOC+ is recognized: µV of 16 bits, reports of motion are counted apart', async () => {
  const { node, outputs } = await configured({ units: 'physical' }, { model: 'epocPlus', serial: 'UD20160103001874' })
  expect(Object.keys(outputs)).toEqual(['signals'])
  expect(outputs['signals']!.info).toMatchObject({ dtype: 'float32', units: 'uV' })
  const { done } = await collect(outputs['signals']!)
  await node.start()
  await waitFor(() => outputs['signals']!.index > 60)
  await node.stop()
  const ramp = rampOf(await done, 32_768, 0.128205128205129)
  expect(ramp.slice(1).map((value, k) => (value - ramp[k]! + 1000) % 1000)).toEqual(ramp.slice(1).map(() => 1))
  expect(node.status().counters['motionReports']).toBeGreaterThan(20)
})

test('no dongle, no serial number, a wrong one, and a headset that is off are errors that say so', async () => {
  const simulator = await startSimulator()
  await using node = new Emotiv({ name: 'epoc' })
  const { address: device, serial } = simulator
  await expect(node.configure({})).rejects.toThrow(DeviceError)
  await expect(node.configure({})).rejects.toThrow(/^Emotiv dongle: none is plugged in/)
  await expect(node.configure({ device: '/dev/none', serial })).rejects.toThrow(
    /Emotiv dongle \/dev\/none: cannot be opened/
  )
  await expect(node.configure({ device })).rejects.toThrow(/serial number of .*: expected one, got none/)
  const wrong = node.configure({ device, serial: 'SN000000000000XY' })
  await expect(wrong).rejects.toThrow("no key of serial number 'SN000000000000XY' fits to the reports of")
  await expect(node.configure({ device, serial: '12' })).rejects.toThrow(/at least 4 characters/)
  inject(simulator, 'headsetOff=60')
  const silent = node.configure({ device, serial, timeout: 100 })
  await expect(silent).rejects.toThrow(/\d reports within 100 ms; is the headset on\?$/)
})

test('nothing is left open, also after the dongle was pulled', async () => {
  const live = async (fault?: string): Promise<void> => {
    await using simulator = await EmotivSimulator.start()
    await using node = new Emotiv({ name: 'epoc' })
    const { address: device, serial } = simulator
    await expect(node.configure({ device, serial: 'SN000000000000XY' })).rejects.toThrow('no key of serial number')
    await node.configure({ device, serial })
    await node.initialize()
    await node.start()
    const output = node.outputs['signals']!
    await waitFor(() => output.index > 20)
    if (fault === undefined) return
    inject(simulator, fault)
    await waitFor(() => node.status().counters['reconnects'] === 1)
    const from = output.index
    await waitFor(() => output.index > from)
  }
  await live()
  const descriptors = async () => (await readdir('/proc/self/fd')).length
  const before = await descriptors()
  await live('drop')
  await waitFor(async () => (await descriptors()) <= before, { what: 'descriptors to be closed' })
  expect(await descriptors()).toBeLessThanOrEqual(before)
})

test('through every fault, in a process of its own, nothing is missing but what is declared', async () => {
  const scripts = {
    reports: ['lose=3', 'duplicate=2', 'cut=0.3', 'silence=0.3', 'silence=1.5', 'delay=60'],
    jump: ['jump=60'],
    bytes: ['garbage=40', 'truncate', 'corrupt=1', 'garbage=5'],
    dongle: ['drop', 'refuseConnection=0.6', 'slowStart=0.2'],
    way: ['halfOpen=1.5', 'headsetOff=0.4', 'rate=0.5', 'rate=1']
  }
  await using manager = await createManager()
  const group = await manager.createNodeGroup({ name: 'acquisition' })
  const results = Object.entries(scripts).map(async ([name, faults]) => {
    const simulator = await startSimulator()
    const node = await group.createNode('Emotiv', { name })
    const timeout = name === 'reports' || name === 'jump' ? 5000 : 1000
    await node.configure({ device_handle: simulator.address, serial: simulator.serial, timeout, chunkSize: 4 })
    await node.initialize()
    const { done } = await collect(node.outputs['signals']!)
    const index = async () => (await node.outputs['signals']!.index) as number
    const goesOn = async (samples: number) => {
      const from = await index()
      await waitFor(async () => (await index()) >= from + samples, { what: `${name} to go on` })
    }
    await node.start()
    for (const fault of faults) {
      await goesOn(30)
      inject(simulator, fault)
    }
    await goesOn(100)
    const { counters } = await node.status()
    await node.stop()
    const collected = await done
    return { counters, collected, lost: collected.gaps.map(({ from, to }) => to - from) }
  })
  const [reports, jump, bytes, dongle, way] = await Promise.all(results)
  expect(checkRamp(reports!.collected)).toEqual([0, 0, 0])
  expect(reports!.lost[0]).toBe(3)
  expect(reports!.counters).toMatchObject({ restarts: 0, reconnects: 0 })
  // Where two come twice, one after the other, it takes some reports until it is clear which they are.
  expect(reports!.counters['duplicates']! + reports!.counters['badReports']!).toBe(2)

  // If the reports after the jump were late, time seems to have gone by.
  expect(jump!.counters).toMatchObject({ reconnects: 0 })

  // Reports have no checksum: one that is wrong is seen by its counter only.
  expect(checkRamp(bytes!.collected, { jumps: 4 }).length).toBeGreaterThan(0)
  expect(bytes!.counters).toMatchObject({ reconnects: 0 })
  expect(bytes!.counters['badReports']).toBeGreaterThan(0)

  for (const { collected } of [jump!, dongle!, way!]) {
    for (const difference of checkRamp(collected)) expect(Math.abs(difference)).toBeLessThanOrEqual(CLOCK_ERROR)
  }
  expect(dongle!.counters['reconnects']).toBeGreaterThanOrEqual(1)
}, 60_000)

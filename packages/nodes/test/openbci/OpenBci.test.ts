import { readdir } from 'node:fs/promises'
import { createManager, DeviceError } from '@nodeacq/core'
import type { OutputStream } from '@nodeacq/stream'
import { waitFor } from 'testing'
import { expect, onTestFinished, test } from 'vitest'
import { CytonSimulator, OpenBci, type CytonSimulatorOptions } from '../../src/index.ts'
import { CYTON_AMPLITUDE } from '../../src/simulators/openbci/CytonStream.ts'
import { collect, type Collected } from '../collect.ts'

async function startSimulator(options: CytonSimulatorOptions = {}): Promise<CytonSimulator> {
  const simulator = await CytonSimulator.start(options)
  onTestFinished(() => simulator.close())
  return simulator
}

async function configured(options: object = {}, simulated: CytonSimulatorOptions = {}) {
  const simulator = await startSimulator(simulated)
  const node = new OpenBci({ name: 'cyton' })
  onTestFinished(() => node[Symbol.asyncDispose]())
  await node.configure({ port: simulator.address, timeout: 1000, ...options })
  await node.initialize()
  return { simulator, node, chan: node.outputs['chan']!, aux: node.outputs['aux']! }
}

const inject = (simulator: CytonSimulator, fault: string): void => {
  const [kind = '', value = ''] = fault.split('=')
  simulator.inject({ kind, value, at: 0 })
}

async function goesOn(output: OutputStream, samples = 30): Promise<void> {
  const from = output.index
  await waitFor(() => output.index >= from + samples)
}

/** The last channel is a ramp over 1000 samples. */
function rampOf({ data }: Collected, scale = 1): number[] {
  return (data.toNested() as number[][]).map((row) => Math.round((row.at(-1)! / scale / CYTON_AMPLITUDE) * 500 + 500))
}

/** Samples that the clock is wrong by at most, where the first sample after a pause is late on a busy machine. */
const CLOCK_ERROR = 200

/** How far the size of each gap is from what the ramp says. Elsewhere it must have no jump. */
function checkRamp(collected: Collected): number[] {
  const { data, gaps, indexes } = collected
  const ramp = rampOf(collected)
  const steps = ramp.map((value, row) => (row === 0 ? 1 : (value - ramp[row - 1]! + 1000) % 1000))
  let missing = 0
  const differences = gaps.map(({ from, to, declared, cause }) => {
    expect({ declared, cause }).toEqual({ declared: true, cause: 'device' })
    const step = steps.splice(from - missing, 1, 1)[0]!
    missing += to - from
    return ((to - from + 1 - step + 1500) % 1000) - 500
  })
  expect(steps.filter((step) => step !== 1)).toEqual([])
  expect(data.length + missing).toBe(indexes.at(-1))
  return differences
}

test('counts of eight channels at 250 Hz, with the acceleration held between its values', async () => {
  const { node, chan, aux } = await configured()
  expect(chan.info).toMatchObject({ dtype: 'int32', shape: [-1, 8], sampleRate: 250, channelCount: 8 })
  expect(chan.info.channelInfo![0]).toMatchObject({ name: 'ch0', unit: 'uV' })
  expect(chan.info.channelInfo![0]!['gain']).toBeCloseTo(0.02235174, 8)
  expect(aux.info).toMatchObject({ dtype: 'int32', shape: [-1, 3], sampleRate: 250 })
  const [signals, acceleration] = [await collect(chan), await collect(aux)]
  await node.start()
  await waitFor(() => chan.index >= 150)
  await node.stop()
  const collected = await signals.done
  expect(checkRamp(collected)).toEqual([])
  expect(collected.gaps).toEqual([])
  const [sine] = (collected.data.toNested() as number[][])[3]!
  const phase = (2 * Math.PI * 8 * rampOf(collected)[3]!) / 250
  expect(sine).toBe(Math.round(CYTON_AMPLITUDE * Math.sin(phase)))
  const held = (await acceleration.done).data.toNested() as number[][]
  expect(held.length).toBe(collected.data.length)
  expect(new Set(held.slice(10).map((row) => row.join()))).toEqual(new Set(['16,-16,8000']))
  // A second run begins at 0.
  await node.start()
  await waitFor(() => chan.index > 0)
  expect(chan.index).toBeLessThan(150)
  await waitFor(() => chan.index > 30)
  await node.stop()
})

test('µV and g with the gain of each channel, sixteen channels at 125 Hz, and the time of the board', async () => {
  const { node, chan, aux } = await configured(
    { units: 'physical', channels: { 16: { gain: 1 } }, timeStamps: true },
    { hasDaisy: true }
  )
  expect(chan.info).toMatchObject({ dtype: 'float32', shape: [-1, 16], sampleRate: 125 })
  expect(chan.info.channelInfo![15]).toEqual({ name: 'ch15', unit: 'uV' })
  const [signals, acceleration] = [await collect(chan), await collect(aux)]
  await node.start()
  await waitFor(() => chan.index >= 150)
  const [early, late] = [chan.clock.deviceTimeOf(10)!.time, chan.clock.deviceTimeOf(135)!.time]
  await node.stop()
  expect(Math.abs(late - early - 1000)).toBeLessThan(10)
  const collected = await signals.done
  const atGain1 = 4.5e6 / (2 ** 23 - 1)
  const ramp = rampOf(collected, atGain1)
  expect(ramp.slice(1).map((value, k) => (value - ramp[k]! + 1000) % 1000)).toEqual(ramp.slice(1).map(() => 1))
  expect(((await acceleration.done).data.toNested() as number[][]).at(-1)![2]).toBeCloseTo(1, 5)
})

test('commands are methods, before and while it runs, and settings outlive a dongle that was pulled', async () => {
  const { simulator, node, chan } = await configured()
  expect(await node.setChannel(2, { gain: 12, bias: false })).toMatchObject({ gain: 12, bias: false, srb2: true })
  expect(await node.readVersion()).toBe('v3.1.5')
  expect(await node.readRegisters()).toContain('Board ADS Registers')
  expect(await node.readRadio()).toBe('Success: System is Up')
  await expect(node.setChannel(9, { gain: 1 })).rejects.toThrow("OpenBci 'cyton': channel: expected 1–8, got 9")
  await expect(node.setChannel(1, { gain: 3 as never })).rejects.toThrow(/'gain'/)
  await expect(node.setTestSignal('loud' as never)).rejects.toThrow(/expected one of ground, slow.*got 'loud'/)
  await expect(node.sendCommand('x10X')).rejects.toThrow("command 'x10X': the board says 'Failure: too few chars'")
  const { done } = await collect(chan)
  await node.start()
  await waitFor(() => chan.index >= 20)
  await node.setLeadOff(3, { p: true })
  await goesOn(chan)
  await node.switchChannel(4, false)
  await goesOn(chan)
  expect(node.isRunning).toBe(true)
  expect(simulator.model.leadOff[2]).toEqual({ p: true, n: false })
  inject(simulator, 'drop')
  await waitFor(() => node.status().counters['reconnects'] === 1)
  await goesOn(chan)
  await node.stop()
  expect(simulator.model.channels[1]).toMatchObject({ gain: 12, bias: false })
  expect(simulator.model.channels[3]).toMatchObject({ isOn: false })
  expect(simulator.model.leadOff[2]).toEqual({ p: true, n: false })
  // Two commands and a pulled dongle, each a pause that the clock tells.
  const differences = checkRamp(await done)
  expect(differences).toHaveLength(3)
  for (const difference of differences) expect(Math.abs(difference)).toBeLessThanOrEqual(CLOCK_ERROR)
})

test('markers come with a sample in board mode marker', async () => {
  const { node, aux } = await configured({ boardMode: 'marker' })
  const { done } = await collect(aux)
  await node.start()
  await waitFor(() => aux.index >= 20)
  await node.insertMarker(42)
  await goesOn(aux)
  await node.stop()
  const values = ((await done).data.toNested() as number[][]).map(([value]) => value)
  expect(values.filter((value) => value !== 0)).toEqual([42])
})

test('no port, no board, and no Daisy are errors that say so', async () => {
  const simulator = await startSimulator()
  await using node = new OpenBci({ name: 'cyton' })
  const { address } = simulator
  await expect(node.configure({ port: '/dev/none' })).rejects.toThrow(DeviceError)
  await expect(node.configure({ port: '/dev/none' })).rejects.toThrow(
    /serial port \/dev\/none: cannot be opened: .*No such/
  )
  await expect(node.configure({ port: address, channelCount: 16 })).rejects.toThrow(/expected 16 channels.*no Daisy/)
  inject(simulator, 'boardOff=0.3')
  await expect(node.configure({ port: address })).rejects.toThrow(/the board says 'Failure: Communications timeout/)
  inject(simulator, 'halfOpen=10')
  const deaf = node.configure({ port: address, timeout: 100 })
  await expect(deaf).rejects.toThrow(/^OpenBCI at .*: command 'v': no reply within 100 ms$/)
  await waitFor(() => !simulator.hasClient)
})

test('nothing is left open, also after the dongle was pulled', async () => {
  const live = async (fault?: string): Promise<void> => {
    await using simulator = await CytonSimulator.start()
    await using node = new OpenBci({ name: 'cyton' })
    await node.configure({ port: simulator.address })
    await node.initialize()
    await node.start()
    await goesOn(node.outputs['chan']!)
    if (fault === undefined) return
    inject(simulator, fault)
    await waitFor(() => node.status().counters['reconnects'] === 1)
    await goesOn(node.outputs['chan']!)
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
    packets: ['lose=3', 'duplicate=2', 'corrupt=2', 'cut=0.3', 'silence=0.2', 'silence=1.2'],
    jump: ['jump=100'],
    bytes: ['garbage=40', 'truncate', 'delay=60', 'garbage=5'],
    connection: ['drop', 'refuseConnection=0.6'],
    board: ['slowStart=0.2', 'boardOff=0.5'],
    way: ['halfOpen=1.5', 'rate=0.5', 'rate=1'],
    daisy: ['lose=1', 'lose=2', 'truncate', 'duplicate=2', 'drop']
  }
  await using manager = await createManager()
  const group = await manager.createNodeGroup({ name: 'acquisition' })
  const results = Object.entries(scripts).map(async ([name, faults]) => {
    const simulator = await startSimulator({ hasDaisy: name === 'daisy' })
    const node = await group.createNode('OpenBCI', { name })
    await node.configure({
      device_handle: simulator.address,
      timeout: name === 'packets' || name === 'jump' ? 5000 : 1000
    })
    await node.initialize()
    const { done } = await collect(node.outputs['chan']!)
    const index = async () => (await node.outputs['chan']!.index) as number
    const passes = async (samples: number) => {
      const from = await index()
      await waitFor(async () => (await index()) >= from + samples, { what: `${name} to go on` })
    }
    await node.start()
    for (const fault of faults) {
      await passes(60)
      inject(simulator, fault)
    }
    await passes(200)
    const { counters } = await node.status()
    await node.stop()
    const collected = await done
    return { counters, collected, lost: collected.gaps.map(({ from, to }) => to - from) }
  })
  const [packets, jump, bytes, connection, board, way, daisy] = await Promise.all(results)
  expect(checkRamp(packets!.collected)).toEqual([0, 0, 0, 0])
  expect(packets!.lost.slice(0, 2)).toEqual([3, 2])
  expect(packets!.counters).toMatchObject({ duplicates: 2, restarts: 0, reconnects: 0, badPackets: 1 })

  // If the packets after the jump were late, time seems to have gone by.
  expect(jump!.counters).toMatchObject({ reconnects: 0 })

  // Garbage costs nothing, half of a packet costs that packet.
  expect(checkRamp(bytes!.collected)).toEqual([0])
  expect(bytes!.lost).toEqual([1])
  expect(bytes!.counters).toMatchObject({ badPackets: 3, reconnects: 0 })

  for (const { collected } of [jump!, connection!, board!, way!]) {
    for (const difference of checkRamp(collected)) expect(Math.abs(difference)).toBeLessThanOrEqual(CLOCK_ERROR)
  }
  expect(connection!.lost).toHaveLength(2)
  expect(connection!.counters['reconnects']).toBeGreaterThanOrEqual(2)
  expect(board!.lost).toHaveLength(1)
  // Two packets that are lost are one sample, or the halves of two.
  expect(daisy!.lost.slice(0, 3)).toEqual([1, expect.toSatisfy((lost) => lost === 1 || lost === 2), 1])
  expect(daisy!.counters['halfSamples']).toBeGreaterThanOrEqual(4)
  for (const difference of checkRamp(daisy!.collected)) expect(Math.abs(difference)).toBeLessThanOrEqual(CLOCK_ERROR)
}, 60_000)

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DeviceError } from '@nodeacq/core'
import { readEvents } from '@nodeacq/stream'
import { tempFolder, waitFor } from 'testing'
import { expect, test } from 'vitest'
import { EmotivCortex, type CortexSimulator } from '../../src/index.ts'
import { collect } from '../collect.ts'
import { CREDENTIALS, startSimulator } from './startCortex.ts'

async function configured(
  simulator: CortexSimulator,
  options: object = {}
): Promise<{ node: EmotivCortex } & AsyncDisposable> {
  await using folder = await tempFolder()
  const credentials = join(folder.path, 'cortex.json')
  await writeFile(credentials, JSON.stringify(CREDENTIALS))
  const node = new EmotivCortex({ name: 'headset' })
  await node.configure({ url: simulator.address, credentials, ...options })
  await node.initialize()
  return { node, [Symbol.asyncDispose]: () => node[Symbol.asyncDispose]() }
}

/** The last sensor of the simulator is a ramp of 0.1 µV for each sample, over 1000 samples. */
function stepsOf(ramp: readonly number[]): number[] {
  return ramp.slice(1).map((value, k) => (Math.round((value - ramp[k]!) * 10) + 1000) % 1000)
}

test('outputs have the columns that Cortex returns, at the rates of the headset', async () => {
  await using simulator = await startSimulator()
  await using made = await configured(simulator, {
    streams: ['eeg', 'mot', 'dev', 'eq', 'pow', 'met', 'com', 'fac', 'sys']
  })
  const { outputs } = made.node
  expect(Object.keys(outputs).sort()).toEqual(
    ['com', 'dev', 'eeg', 'eq', 'fac', 'markers', 'met', 'mot', 'pow', 'sys'].sort()
  )
  const names = (output: string) => outputs[output]!.info.channelInfo!.map(({ name }) => name)
  expect(names('eeg').slice(0, 2)).toEqual(['AF3', 'F7'])
  expect(names('eeg').slice(-2)).toEqual(['RAW_CQ', 'MARKER_HARDWARE'])
  expect(outputs['eeg']!.info).toMatchObject({ sampleRate: 256, shape: [-1, 16], dtype: 'float64' })
  expect(outputs['eeg']!.info.channelInfo![0]).toEqual({ name: 'AF3', unit: 'uV' })
  expect(names('dev')).toEqual(['Battery', 'Signal', ...names('eeg').slice(0, 14), 'OVERALL', 'BatteryPercent'])
  expect(outputs['mot']!.info.sampleRate).toBe(64)
  expect(outputs['com']!.info).toMatchObject({ streamType: 'event', eventsOf: 'eeg' })
})

test('nothing is missing, what was lost is a gap of its size, and the device clock is known', async () => {
  await using simulator = await startSimulator()
  await using made = await configured(simulator)
  const { node } = made
  const output = node.outputs['eeg']!
  const { done } = await collect(output)
  await node.start()
  await waitFor(() => output.index > 200)
  simulator.inject({ kind: 'lose', value: '7', at: 0 })
  simulator.inject({ kind: 'interpolate', value: '3', at: 0 })
  await waitFor(() => output.index > 400)
  const [early, late] = [output.clock.deviceTimeOf(20)!.time, output.clock.deviceTimeOf(276)!.time]
  await node.stop()
  const { data, gaps } = await done
  expect(gaps).toEqual([expect.objectContaining({ declared: true, cause: 'device' })])
  expect(gaps[0]!.to - gaps[0]!.from).toBe(7)
  const ramp = (data.toNested() as number[][]).map((row) => row[13]!)
  const steps = stepsOf(ramp)
  expect(steps.filter((step) => step !== 1)).toEqual([8])
  expect(steps.indexOf(8)).toBe(gaps[0]!.from - 1)
  expect(data.length + 7).toBe(output.index)
  expect(node.status().counters).toMatchObject({ duplicates: 0, restored: 0 })
  expect(node.status().counters['interpolated']).toBeGreaterThanOrEqual(3)
  expect(Math.abs(late - early - 1000)).toBeLessThan(5)
  expect(Math.abs(late - Date.now())).toBeLessThan(60_000)
})

test('a dropped connection is restored, and what was missed is a gap', async () => {
  await using simulator = await startSimulator()
  await using made = await configured(simulator, { streams: ['eeg'] })
  const { node } = made
  const output = node.outputs['eeg']!
  const { done } = await collect(output)
  await node.start()
  await waitFor(() => output.index > 50)
  simulator.inject({ kind: 'drop', value: '', at: 0 })
  const before = output.index
  await waitFor(() => node.status().counters['restored'] === 1)
  await waitFor(() => output.index > before + 300)
  await node.stop()
  const { data, gaps } = await done
  expect(gaps).toHaveLength(1)
  const missed = gaps[0]!.to - gaps[0]!.from
  const steps = stepsOf((data.toNested() as number[][]).map((row) => row[13]!))
  expect(steps.filter((step) => step !== 1)).toEqual([(missed + 1) % 1000])
  expect(data.length + missed).toBe(output.index)
})

test('a run that begins while the connection ends subscribes when it is restored', async () => {
  await using simulator = await startSimulator()
  await using made = await configured(simulator, { streams: ['eeg'] })
  simulator.inject({ kind: 'drop', value: '', at: 0 })
  await made.node.start()
  await waitFor(() => made.node.outputs['eeg']!.index > 20)
  expect(made.node.status().counters).toMatchObject({ restored: 1 })
  await made.node.stop()
})

test('markers come back at their sample, and commands as events; a second run begins at 0', async () => {
  await using simulator = await startSimulator()
  await using made = await configured(simulator, { streams: ['eeg', 'com'] })
  const { node } = made
  for (let run = 0; run < 2; run++) {
    const markers = await collect(node.outputs['markers']!)
    const commands = await collect(node.outputs['com']!)
    await node.start()
    await waitFor(() => node.outputs['eeg']!.index > 100)
    await node.startRecord('rest')
    const at = node.outputs['eeg']!.index
    await node.injectMarker({ label: 'target', value: '41' })
    await waitFor(() => node.outputs['markers']!.index === 1)
    await waitFor(() => node.outputs['com']!.index > 3)
    await node.stopRecord()
    await node.stop()
    const [marker] = readEvents((await markers.done).data)
    expect(marker).toMatchObject({ label: 'target', value: 41 })
    expect(marker!.index).toBeGreaterThanOrEqual(at)
    const events = readEvents((await commands.done).data)
    expect(['neutral', 'push', 'pull', 'lift']).toContain(events[0]!.label)
    const gaps = events.slice(2).map(({ index }, k) => index - events[k + 1]!.index)
    expect(gaps.every((gap) => gap === 32)).toBe(true)
  }
})

test('streams that Cortex refuses are an error that names them', async () => {
  await using simulator = await startSimulator()
  await expect(configured(simulator, { activate: false })).rejects.toThrow(DeviceError)
  await expect(configured(simulator, { activate: false })).rejects.toThrow(/eeg: .*-32012/)
  await expect(configured(simulator, { headset: 'EPOC-9' })).rejects.toThrow('-32004')
  await expect(configured(simulator, { ca: '/no/such.pem' })).rejects.toThrow(/'ca': ENOENT/)
  await expect(configured(simulator, { url: 'ws://192.0.2.1:1' })).rejects.toThrow('allow it with insecure')
  await waitFor(() => simulator.clientCount === 0)
})

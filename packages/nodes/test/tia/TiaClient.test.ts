import { createManager, DeviceError } from '@nodeacq/core'
import { InputStream, type Gap } from '@nodeacq/stream'
import { waitFor } from 'testing'
import { expect, test } from 'vitest'
import { TiaClient, TiaSimulator, type TiaSimulatorOptions } from '../../src/index.ts'
import { collect } from '../collect.ts'
import { startService } from './startTia.ts'

async function configured(
  { port }: { readonly port: number },
  options: object = {}
): Promise<{ node: TiaClient } & AsyncDisposable> {
  const node = new TiaClient({ name: 'amp' })
  await node.configure({ port, ...options })
  await node.initialize()
  return { node, [Symbol.asyncDispose]: () => node[Symbol.asyncDispose]() }
}

/** The last channel of a simulated signal goes up by 1 per sample, over 1000 samples. */
function stepsOf(ramp: readonly number[]): number[] {
  return ramp.slice(1).map((value, k) => (value - ramp[k]! + 1000) % 1000)
}

function lastColumn(rows: unknown): number[] {
  return (rows as number[][]).map((row) => row.at(-1)!)
}

test('each signal is an output with the labels and the rate of the server', async () => {
  await using simulator = await TiaSimulator.start()
  await using made = await configured(simulator)
  const { outputs } = made.node
  expect(Object.keys(outputs)).toEqual(['eeg', 'emg'])
  expect(outputs['eeg']!.info).toMatchObject({ sampleRate: 256, shape: [-1, 8], dtype: 'float32' })
  expect(outputs['emg']!.info).toMatchObject({ sampleRate: 512, shape: [-1, 2] })
  expect(outputs['emg']!.info.channelInfo).toEqual([{ name: 'emg1' }, { name: 'ramp' }])
  await made.node.configure({ port: simulator.port, signals: ['EMG'] })
  expect(Object.keys(outputs)).toEqual(['emg'])
})

test.each(['tcp', 'udp'])('over %s nothing is missing, and what the server lost is a gap', async (transport) => {
  await using simulator = await TiaSimulator.start()
  await using made = await configured(simulator, { transport })
  const { node } = made
  const eeg = await collect(node.outputs['eeg']!)
  const emg = await collect(node.outputs['emg']!)
  await node.start()
  const output = node.outputs['eeg']!
  await waitFor(() => output.index > 64)
  for (const [kind, value] of Object.entries({ lose: '3', duplicate: '2' })) simulator.inject({ kind, value, at: 0 })
  await waitFor(() => node.status().counters['duplicates'] === 2)
  simulator.inject({ kind: 'jump', value: '10', at: 0 })
  await waitFor(() => node.status().counters['lostPackets'] === 13 && output.index > 320)
  await node.stop()
  const [one, two] = [await eeg.done, await emg.done]
  expect(one.gaps.map(({ from, to, declared }) => [to - from, declared])).toEqual([
    [3 * 8, true],
    [10 * 8, true]
  ])
  expect(two.gaps.map(({ from, to }) => to - from)).toEqual([3 * 16, 10 * 16])
  const steps = stepsOf(lastColumn(one.data.toNested()))
  expect(steps.filter((step) => step !== 1)).toEqual([25])
  expect(one.data.length + 13 * 8).toBe(one.indexes.at(-1))
  expect(node.status().counters).toEqual({ reconnects: 0, lostPackets: 13, duplicates: 2, badPackets: 0 })
})

test('custom signals: some channels, fewer samples', async () => {
  await using simulator = await TiaSimulator.start()
  await using made = await configured(simulator, {
    signals: { eeg: { channels: ['eeg2', 8], downsampling: 4 }, emg: { downsampling: 1 } }
  })
  const { node } = made
  expect(node.outputs['eeg']!.info).toMatchObject({ sampleRate: 64, shape: [-1, 2] })
  expect(node.outputs['eeg']!.info.channelInfo).toEqual([{ name: 'eeg2' }, { name: 'ramp' }])
  const { done } = await collect(node.outputs['eeg']!)
  const emg = await collect(node.outputs['emg']!)
  await node.start()
  await waitFor(() => node.outputs['emg']!.index > 256)
  await node.stop()
  const { data } = await done
  expect(data.length * 8).toBe((await emg.done).data.length)
  await expect(configured(simulator, { signals: { eeg: { channels: ['eeg9'] } } })).rejects.toThrow(
    "signal 'eeg': no channel 'eeg9'; did you mean 'eeg"
  )
  await expect(configured(simulator, { signals: ['nirs'] })).rejects.toThrow("'nirs': the server offers eeg, emg")
})

test('a server that is not there, or offers something else when it is back, is an error that names it', async () => {
  const first = await startService()
  const { port } = first
  await using made = await configured(first)
  const { node } = made
  await node.start()
  await waitFor(() => first.isWanted)
  await first.close()
  await using _ = await TiaSimulator.start({ port })
  await waitFor(() => node.isFailed)
  expect(node.error).toBeInstanceOf(DeviceError)
  expect(node.error!.message).toContain("TiaClient 'amp': signal 'eeg': expected 3 channels at 100 Hz, got 8 channels")
  await expect(configured({ port: 1 })).rejects.toThrow(/TiA server 127.0.0.1:1: no connection/)
})

/** Faults, and whether there is a gap after them. Each new connection takes a second, so that some are for soaking only. */
const FAULTS: readonly (readonly [fault: string, hasGap: boolean, isSlow?: boolean])[] = [
  ['lose=5', true],
  ['duplicate=3', false],
  ['cut=0.3', false],
  ['delay=50', false],
  ['delay=0', false],
  ['jump=20', true],
  ['silence=0.4', true],
  ['rate=2', false],
  ['rate=1', false],
  ['halfOpen=0.3', true],
  ['garbage=7', true],
  ['drop', true],
  ['halfOpen=1.2', true],
  ['truncate', true, true],
  ['refuseConnection=0.5', true, true],
  ['slowStart=0.2', false],
  ['drop', true, true]
]
const FAULTS_NOW = FAULTS.filter(([, , isSlow]) => !isSlow || process.env['NODEACQ_SOAK'] === '1')

test('in a process of its own, through all faults, all that is not declared missing arrives', async () => {
  await using simulator = await TiaSimulator.start(FAST)
  await using manager = await createManager()
  const group = await manager.createNodeGroup({ name: 'acquisition' })
  const node = await group.createNode('TiaClient', { name: 'amp' })
  await node.configure({ port: simulator.port, silence: 0.5, timeout: 0.5 })
  await node.initialize()
  const input = new InputStream({ delivery: 'complete' })
  await input.connect(node.outputs['eeg']!)
  input.startRun()
  await manager.startAll()
  const faults = [...FAULTS_NOW]
  const ramp: number[] = []
  const gaps: (Gap & { before: number })[] = []
  let next = 50
  let expectedGaps = 0
  for await (const { data, gaps: missing } of input.chunks()) {
    gaps.push(...missing.map((gap) => ({ ...gap, before: ramp.length })))
    ramp.push(...lastColumn(data.toNested()))
    // One fault after the other: this one's gap has to be there.
    if (ramp.length < next || gaps.length < expectedGaps) continue
    next = ramp.length + 90
    const fault = faults.shift()
    if (fault === undefined) break
    if (fault[1]) expectedGaps = gaps.length + 1
    const [kind = '', value = ''] = fault[0].split('=')
    simulator.inject({ kind, value, at: 0 })
  }
  const ledger = input.status()
  const { counters } = await node.status()
  await node.stop()
  await input.close()
  expect(ledger.lostSamples).toBe(0)
  expect(gaps.every(({ declared }) => declared)).toBe(true)
  // Wherever the ramp steps there is a gap of that size, but for the jump of the counter, where nothing was lost.
  const steps = stepsOf(ramp)
  const jumped = gaps.filter(({ before }) => steps[before - 1] === 1)
  expect(jumped.map(({ from, to }) => to - from)).toEqual([20 * FAST.signals[0]!.blockSize])
  const real = gaps.filter((gap) => !jumped.includes(gap))
  expect(steps.flatMap((step, k) => (step === 1 ? [] : [k + 1]))).toEqual(real.map(({ before }) => before))
  expect(real.map(({ before }) => steps[before - 1])).toEqual(real.map(({ from, to }) => (to - from + 1) % 1000))
  expect(counters['duplicates']).toBe(3)
  expect(counters['reconnects']).toBeGreaterThanOrEqual(3)
}, 60_000)

/** Many packets; a gap of whole seconds is none of the ramp's length. */
const FAST: TiaSimulatorOptions & { readonly signals: NonNullable<TiaSimulatorOptions['signals']> } = {
  signals: [{ type: 'eeg', channels: 2, sampleRate: 900, blockSize: 9 }]
}

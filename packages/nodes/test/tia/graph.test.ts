import { createManager, type Manager, type NodeGroup } from '@nodeacq/core'
import type { Remote } from '@nodeacq/rpc'
import { InputStream, type Gap } from '@nodeacq/stream'
import { waitFor } from 'testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TiaSimulator, type TiaServer, type TiaSimulatorOptions } from '../../src/index.ts'
import { lastColumn, stepsOf } from './ramp.ts'

let manager: Remote<Manager>
let group: Remote<NodeGroup>

beforeAll(async () => {
  manager = await createManager()
  group = await manager.createNodeGroup({ name: 'acquisition' })
})

afterAll(async () => {
  await manager.close()
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
  const node = await group.createNode('TiaClient', { name: 'amp' })
  await node.configure({ port: simulator.port, silence: 0.5, timeout: 0.5 })
  await node.initialize()
  const input = new InputStream({ delivery: 'complete' })
  await input.connect(node.outputs['eeg']!)
  input.startRun()
  await node.start()
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

test('in a process of its own, over TiA and back, every sample comes as it was sent', async () => {
  const amp = await group.createNode('NoiseGenerator', { name: 'noise' })
  await amp.configure({ channelCount: 4, sampleRate: 2000, chunkSize: 37 })
  await amp.outputs['signals']!.configure({})
  await amp.initialize()
  const server = await group.createNode('TiaServer', { name: 'server' })
  await server.configure({ port: 0, udpPort: 0 })
  const served = (await server.stream('input', 'eeg')) as Remote<InputStream>
  await served.connect(amp.outputs['signals']!)
  await server.initialize()
  const client = await group.createNode('TiaClient', { name: 'back' })
  await client.configure({ port: Number((await (server as unknown as Remote<TiaServer>).address).split(':').at(-1)) })
  await client.initialize()
  const [sent, got] = [new InputStream({ delivery: 'complete' }), new InputStream({ delivery: 'complete' })]
  await sent.connect(amp.outputs['signals']!)
  await got.connect(client.outputs['eeg']!)
  for (const input of [sent, got]) input.startRun()
  await client.start()
  await waitFor(async () => (await server.status()).counters['clients'] === 1)
  await server.start()
  await amp.start()
  const column = async (input: InputStream): Promise<number[]> => {
    const values: number[] = []
    for await (const { data } of input.chunks()) {
      values.push(...(data.toNested() as number[][]).map((row) => row[3]!))
      if (values.length > 3000) break
    }
    return values.slice(0, 3000)
  }
  const [before, after] = await Promise.all([column(sent), column(got)])
  expect(after[0]).toBeDefined()
  const at = before.map(Math.fround).indexOf(after[0]!)
  expect(at).toBeGreaterThanOrEqual(0)
  const common = Math.min(before.length - at, after.length)
  expect(common).toBeGreaterThan(1000)
  expect(after.slice(0, common)).toEqual(before.slice(at, at + common).map(Math.fround))
  expect(got.status().lostSamples).toBe(0)
  for (const node of [amp, server, client]) await node.stop()
  for (const input of [sent, got]) await input.close()
}, 60_000)

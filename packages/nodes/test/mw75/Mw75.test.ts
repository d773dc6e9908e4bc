import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { createManager, DeviceError } from '@nodeacq/core'
import { InputStream, readEvents, type Gap } from '@nodeacq/stream'
import { waitFor } from 'testing'
import { expect, test } from 'vitest'
import { Mw75, Mw75Simulator, parseFault, type Mw75SimulatorOptions } from '../../src/index.ts'
import { MW75_FAULTS } from '../../src/simulators/mw75/mw75Faults.ts'
import { collect } from '../collect.ts'

const SOAK = process.env['NODEACQ_SOAK'] === '1'
const QUICK = { firstDelay: 20, longestDelay: 100, settle: 50 }

async function start(options: Mw75SimulatorOptions = {}): Promise<Mw75Simulator> {
  return await Mw75Simulator.start({ reconnecting: QUICK, ...options })
}

async function initialized(url: string, options: object = {}): Promise<Mw75> {
  const node = new Mw75({ name: 'ears' })
  await node.configure({ url, ...options })
  await node.initialize()
  return node
}

/** A port that nobody serves. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const inject = (simulator: Mw75Simulator, ...faults: string[]) => {
  for (const fault of faults) simulator.inject(parseFault(fault, MW75_FAULTS))
}

/** The last channel of the simulator is a ramp of 0.2 µV for each sample, over 1000 samples. */
function stepsOf(rows: readonly (readonly number[])[]): number[] {
  const ramp = rows.map((row) => row[11]!)
  return ramp.slice(1).map((value, k) => (Math.round((value - ramp[k]!) * 5) + 1000) % 1000)
}

test('what the radio spoils is a gap of its size, what it only disturbs is not', async () => {
  await using simulator = await start()
  await using node = await initialized(simulator.address)
  const eeg = node.outputs['eeg']!
  const { done } = await collect(eeg)
  const reference = await collect(node.outputs['reference']!)
  const noted = await collect(node.outputs['events']!)
  await node.start()
  await waitFor(() => eeg.index > 100)
  inject(simulator, 'radioCut=0.2', 'radioGarbage=30', 'otherEvent=3', 'duplicate=2', 'battery=64')
  await waitFor(() => eeg.index > 300)
  const losing = eeg.index
  inject(simulator, 'lose=7')
  // Samples that were on their way already may come at once; the loss is behind them.
  await waitFor(() => eeg.index > losing + 250)
  const silent = eeg.index
  inject(simulator, 'silence=0.7')
  await waitFor(() => eeg.index > silent + 850)
  const late = await waitFor(() => eeg.clock.deviceTimeOf(silent + 620)?.time)
  await node.stop()
  const { data, gaps } = await done
  expect(gaps).toEqual(gaps.map(() => expect.objectContaining({ declared: true, cause: 'device' }) as Gap))
  const sizes = gaps.map(({ from, to }) => to - from)
  expect(sizes[0]).toBe(7)
  expect(sizes[1]).toBeGreaterThan(300)
  const steps = stepsOf(data.toNested() as number[][])
  expect(steps.filter((step) => step !== 1)).toEqual(sizes.map((size) => size + 1))
  expect(data.length + sizes[0]! + sizes[1]!).toBe(eeg.index)
  expect((await reference.done).data.toNested()).toEqual(Array.from({ length: data.length }, () => [123.5, -67.25]))
  const events = readEvents((await noted.done).data)
  expect(events).toEqual([
    expect.objectContaining({ label: 'connecting', index: 0 }),
    expect.objectContaining({ label: 'battery', value: 85 }),
    expect.objectContaining({ label: 'connected' }),
    expect.objectContaining({ label: 'status flags', value: 0 })
  ])
  expect(node.status().counters).toEqual({ duplicates: 2, restarts: 0, badMessages: 0, reconnects: 0 })
  expect(Math.abs(late - Date.now())).toBeLessThan(60_000)
})

test('a server that is not there yet is waited for; battery and states are events', async () => {
  const port = await freePort()
  await using node = await initialized(`ws://127.0.0.1:${port}`)
  const noted = await collect(node.outputs['events']!)
  await node.start()
  await waitFor(() => node.status().counters['reconnects'] === 1)
  await using simulator = await start({ port, heartbeat: 30 })
  simulator.inject({ kind: 'bleError', value: '', at: 0 })
  await waitFor(() => node.outputs['eeg']!.index > 50)
  simulator.inject({ kind: 'battery', value: '64', at: 0 })
  await waitFor(() => node.outputs['events']!.index === 7)
  await node.stop()
  expect(readEvents((await noted.done).data).map(({ label, value }) => [label, value])).toEqual([
    ['connecting', 0],
    ['reconnecting', 0],
    ['connecting', 0],
    ['battery', 85],
    ['connected', 0],
    ['status flags', 0],
    ['battery', 64]
  ])
})

test('without reconnect, what ends the data is an error that names node and cause', async () => {
  await using simulator = await start()
  await using node = await initialized(simulator.address, { reconnect: false })
  const failures: string[] = []
  for (const [fault, cause] of [
    ['bleError', 'BLE_ACTIVATION_FAILED'],
    ['rfcommError', 'RFCOMM_CONNECTION_FAILED'],
    ['linkLost=20', 'Device connection closed'],
    ['drop', 'ended']
  ] as const) {
    const early = fault.endsWith('Error')
    if (early) inject(simulator, fault)
    await node.configure({ url: simulator.address, reconnect: false })
    await node.initialize()
    await node.start()
    if (!early) {
      await waitFor(() => node.outputs['eeg']!.index > 10)
      inject(simulator, fault)
    }
    const error = await node.finished()
    expect(error).toBeInstanceOf(DeviceError)
    failures.push(error!.message)
    expect(error!.message).toContain(cause)
    await waitFor(() => simulator.clientCount === 0)
  }
  for (const failure of failures) expect(failure).toMatch(/^Mw75 'ears': /)
  await using other = await initialized(simulator.address, { reconnect: false })
  await using taken = await initialized(simulator.address, { reconnect: false })
  await other.start()
  await waitFor(() => other.outputs['eeg']!.index > 0)
  await taken.start()
  expect((await taken.finished())!.message).toContain('CLIENT_ALREADY_CONNECTED')
})

test('after losses, and when all is closed, no socket and no timer is left', async () => {
  const count = () => process.getActiveResourcesInfo().filter((kind) => /^(TCP|Timeout)/.test(kind)).length
  const before = count()
  {
    await using simulator = await start({ forward: ['ws://127.0.0.1:9'] })
    await using node = await initialized(simulator.address)
    for (const fault of ['linkLost', 'drop']) {
      await node.start()
      await waitFor(() => node.outputs['eeg']!.index > 20)
      inject(simulator, fault)
      await waitFor(() => (fault === 'drop' ? simulator.clientCount === 0 : node.outputs['events']!.index > 5))
      await node.stop()
      await waitFor(() => simulator.clientCount === 0)
    }
  }
  const isBack = await waitFor(() => count() <= before, { what: () => process.getActiveResourcesInfo().join(', ') })
  expect(isBack).toBe(true)
})

/** Faults with what each costs: samples that are missing, or undefined where only the clock tells. */
const FAULTS: readonly (readonly [fault: string, lost: number | undefined])[] = [
  ['lose=9', 9],
  ['garbage=40', 0],
  ['radioGarbage=100', 0],
  ['radioTruncate', undefined],
  ['corrupt', undefined],
  ['truncate', 1],
  ['cut=0.05', undefined],
  ['delay=30', 0],
  ['linkLost', undefined],
  ['drop', undefined],
  ['halfOpen=0.1', undefined],
  ['lose=3', 3],
  ...(SOAK
    ? ([
        ['refuseConnection=2', undefined],
        ['slowStart=0.2', 0],
        ['drop', undefined],
        ['jump=150', undefined],
        ['rate=0.5', undefined],
        ['rate=1', undefined],
        ['silence=3', undefined],
        ['radioDelay=150', 0]
      ] as const)
    : [])
]

test(`in a process of its own, through ${FAULTS.length} faults, all that is not declared missing arrives`, async () => {
  await using simulator = await start()
  await using manager = await createManager()
  const group = await manager.createNodeGroup({ name: 'acquisition' })
  const node = await group.createNode('Mw75', { name: 'ears' })
  await node.configure({ url: simulator.address, timeout: 400 })
  await node.initialize()
  const input = new InputStream({ delivery: 'complete' })
  await input.connect(node.outputs['eeg']!)
  input.startRun()
  await manager.startAll()
  const rows: number[][] = []
  const gaps: Gap[] = []
  const found: number[] = []
  const gapRows = new Set<number>()
  let faults = 0
  let seen = 0
  let missing = 0
  let injectedAt = 0
  for await (const { data, gaps: before, index } of input.chunks()) {
    gaps.push(...before)
    if (before.length > 0) gapRows.add(rows.length)
    missing += before.reduce((sum, { from, to }) => sum + to - from, 0)
    rows.push(...(data.toNested() as number[][]))
    expect(rows.length + missing).toBe(index)
    // What a busy machine has not taken yet belongs to the fault before the next one.
    const owed = FAULTS[faults - 1]?.[1] ?? 0
    if (rows.length - injectedAt < 100 || missing - seen < owed) continue
    if (faults > 0) found.push(missing - seen)
    seen = missing
    if (faults === FAULTS.length) break
    inject(simulator, FAULTS[faults]![0])
    faults += 1
    injectedAt = rows.length
  }
  const ledger = input.status()
  const { counters } = await node.status()
  await node.stop()
  await input.close()
  expect(ledger.lostSamples).toBe(0)
  expect(gaps.map(({ declared }) => declared)).toEqual(gaps.map(() => true))
  const costs = FAULTS.map(([fault, lost], k) => [fault, lost === undefined ? undefined : found[k]])
  expect(costs).toEqual(FAULTS)
  // The ramp of the simulator goes on while it is away: it jumps nowhere else than at gaps.
  const jumps = stepsOf(rows).flatMap((step, k) => (step === 1 ? [] : [k + 1]))
  expect(jumps.filter((row) => !gapRows.has(row))).toEqual([])
  expect(counters).toMatchObject({ duplicates: 0 })
  expect(counters['badMessages']).toBeGreaterThanOrEqual(2)
}, 120_000)

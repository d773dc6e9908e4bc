import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createManager, type ManagerEvent, type ManagerHandle, type NodeGroup } from '@nodeacq/core'
import { NdArray } from '@nodeacq/ndarray'
import type { Remote } from '@nodeacq/rpc'
import { makeEvents, OutputStream } from '@nodeacq/stream'
import { waitFor } from 'testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import '../src/index.ts'

interface Case {
  readonly type: string
  readonly config?: object
  /** Parameters before it is initialized. */
  readonly first?: object
  /** A change while it runs, and one that is out of range. */
  readonly live?: object
  readonly wrong?: object
  readonly dtype?: string
  readonly hasEvents?: boolean
}

const design = { type: 'butter', order: 2, band: 'bandpass', frequencies: [7, 13] }

const cases: readonly Case[] = [
  { type: 'SosFilter', config: { design }, live: { fade: 0.5 }, wrong: { fade: -1 } },
  { type: 'OverlapFiltfilt', config: { design, chunkSize: 50, overlapSize: 25 } },
  { type: 'FirFilter', config: { taps: [1, 2, 1] } },
  { type: 'Decimator', config: { factor: 5 } },
  { type: 'Resampler', config: { sampleRate: 400 } },
  { type: 'ReReference', live: { exclude: [1] }, wrong: { exclude: [7] } },
  { type: 'Spectrum', config: { duration: 0.1 } },
  { type: 'BandPower', config: { duration: 0.1, bands: { all: [10, 100] } } },
  {
    type: 'TimeFreq',
    config: { workers: 1 },
    first: { xsize: 0.5 },
    live: { refreshInterval: 50 },
    wrong: { xsize: 60 }
  },
  { type: 'AnalogTrigger', live: { threshold: 2.5 }, wrong: { channel: 9 } },
  {
    type: 'DigitalTrigger',
    dtype: 'uint8',
    live: { debounceMode: 'after-stable' },
    wrong: { debounceMode: 'after-stable', debounceTime: 0 }
  },
  {
    type: 'TriggerAccumulator',
    hasEvents: true,
    first: { leftSweep: -0.01, rightSweep: 0.01 },
    live: { stackSize: 3 },
    wrong: { stackSize: 11 }
  },
  {
    type: 'EpochAverage',
    hasEvents: true,
    config: { window: [-0.01, 0.01] },
    live: { maxPeakToPeak: 5 },
    wrong: { maxPeakToPeak: 0 }
  },
  { type: 'SpikeDetector', live: { threshold: 6 }, wrong: { threshold: 0 } },
  { type: 'SpikeSorter', live: { tolerance: 3 }, wrong: { sign: 'up' } }
]

let manager: ManagerHandle
let group: Remote<NodeGroup>

beforeAll(async () => {
  manager = await createManager({ mode: 'local' })
  group = await manager.createNodeGroup({ name: 'analysis' })
})
afterAll(() => manager.close())

test('every node of dsp has a case here, and is known in every process', async () => {
  const folder = join(import.meta.dirname, '../src/dsp')
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  const registered = sources.flatMap((name) =>
    [...readFileSync(join(folder, name), 'utf8').matchAll(/^registerNodeType\((\w+)\)/gm)].map((found) => found[1])
  )
  expect(new Set(cases.map(({ type }) => type))).toEqual(new Set(registered))
  const known = await group.listNodeTypes()
  for (const { type } of cases) expect(known).toContain(type)
})

const paramsChanges = async (node: string): Promise<ManagerEvent[]> =>
  (await manager.events(0)).events.filter((event) => event.kind === 'paramsChanged' && event.node === node)

describe.each(cases)('$type in another process', ({ type, config = {}, first, live, wrong, dtype, hasEvents }) => {
  test('goes through its life twice, and takes live parameters', async () => {
    await using signals = new OutputStream({ dtype: dtype ?? 'float32', shape: [-1, 4], sampleRate: 1000 })
    await using events = new OutputStream({ streamType: 'event', dtype: makeEvents([]).dtype.toWire(), shape: [-1] })
    const sources = hasEvents ? { signals, events } : { signals }
    const name = type.toLowerCase()
    const node = await group.createNode(type, { name })
    const state = async () => (await node.status()).state
    expect(await state()).toBe('created')
    await node.configure(config)
    expect(await state()).toBe('configured')
    await expect(node.initialize()).rejects.toThrow('is not connected')
    for (const [input, source] of Object.entries(sources)) {
      await source.configure()
      const target = await node.inputs[input]!
      await target.connect(source.params, { delivery: 'complete' })
    }
    if (first) await node.setParams(first)
    await node.initialize()
    expect(await state()).toBe('initialized')

    const run = async (during: () => Promise<void>) => {
      for (const source of Object.values(sources)) source.startRun()
      await node.start()
      await expect(node.configure(config)).rejects.toThrow('running')
      await expect(node.close()).rejects.toThrow('running')
      await signals.send(noise(500, dtype))
      if (hasEvents) await events.send(makeEvents([{ index: 100 }, { index: 200 }]))
      await during()
      await signals.send(noise(500, dtype))
      await waitFor(async () => (await node.status()).inputs[0]!.samples === 1000)
      const { inputs, outputs, error } = await node.status()
      expect(error).toBeNull()
      expect(inputs[0]).toMatchObject({ lostSamples: 0 })
      expect(outputs.length).toBeGreaterThan(0)
    }

    await run(async () => {
      await expect(node.setParams({ nonsense: 1 })).rejects.toThrow('nonsense')
      if (wrong === undefined || live === undefined) return
      const before = await node.params
      await expect(node.setParams(wrong)).rejects.toThrow(Object.keys(wrong).at(-1)!)
      expect(await node.params).toEqual(before)
      const told = (await paramsChanges(name)).length
      await node.setParams(live)
      expect(await node.params).toEqual({ ...before, ...live })
      await waitFor(async () => (await paramsChanges(name)).length > told)
      expect((await paramsChanges(name)).at(-1)).toMatchObject({ group: 'analysis', params: live })
    })
    await node.stop()
    expect(await state()).toBe('initialized')
    for (const source of Object.values(sources)) await source.endRun()

    // The second run begins at 0 again, and ends with its sources.
    await run(() => Promise.resolve())
    for (const source of Object.values(sources)) await source.endRun()
    await waitFor(async () => (await state()) === 'initialized')
    await node.stop()
    await node.close()
    await node.close()
    expect(await state()).toBe('closed')
    await expect(node.start()).rejects.toThrow('closed')
  })
})

function noise(rows: number, dtype = 'float32'): NdArray {
  const values = Array.from({ length: rows }, (_, k) => [0, 1, 2, 3].map((c) => ((k * 7 + c * 13) % 29) + 1))
  return NdArray.from(values, dtype)
}

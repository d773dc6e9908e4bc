import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createManager } from '@nodeacq/core'
import { InputStream } from '@nodeacq/stream'
import { tempFolder, waitFor } from 'testing'
import { describe, expect, test } from 'vitest'
import { EmotivCortex, parseFault, simulators } from '../src/index.ts'
import { CREDENTIALS, startSimulator } from '../test/cortex/startCortex.ts'

/** After each, as many samples come before the next; after these, behind the gap that they make. */
const BETWEEN = 24
const GAPS = /^(lose|halfOpen|silence|drop|truncate|refuseConnection|headsetGone)/

interface Sample {
  /** Number that the node gave it. */
  readonly index: number
  /** Number that the simulator gave it, within 1000. */
  readonly ramp: number
}

interface Outcome {
  readonly samples: readonly Sample[]
  readonly lost: number
  readonly hasUndeclared: boolean
  readonly counters: Readonly<Record<string, number>>
}

/** The node in a group of a real host, through faults one after the other. */
async function through(
  faults: readonly string[],
  { dialect, sensors }: { dialect: 'v1' | 'v2'; sensors: number }
): Promise<Outcome> {
  const known = simulators['cortex']!.faults
  await using simulator = await startSimulator({ dialect })
  await using folder = await tempFolder()
  const credentials = join(folder.path, 'cortex.json')
  await writeFile(credentials, JSON.stringify(CREDENTIALS))
  await using manager = await createManager()
  const group = await manager.createNodeGroup({ name: 'acquisition' })
  const node = await group.createNode('EmotivCortex', { name: 'headset' })
  await node.configure({ url: simulator.address, credentials, dialect, streams: ['eeg'] })
  await node.initialize()
  const input = new InputStream({ delivery: 'complete' })
  await input.connect(node.outputs['eeg']!)
  input.startRun()
  await manager.startAll()
  const samples: Sample[] = []
  const waiting = [...faults]
  let hasUndeclared = false
  let next = 50
  let isGapToCome = false
  for await (const { data, gaps, index } of input.chunks()) {
    hasUndeclared ||= gaps.some(({ declared }) => !declared)
    if (isGapToCome && gaps.length > 0) {
      isGapToCome = false
      next = samples.length + BETWEEN
    }
    const rows = data.toNested() as number[][]
    for (const [k, row] of rows.entries()) {
      // The last sensor is a ramp of 0.1 µV for each sample, over 1000 samples.
      samples.push({ index: index - rows.length + k, ramp: Math.round((row[sensors - 1]! - 4150) * 10) })
    }
    if (isGapToCome || samples.length < next) continue
    const fault = waiting.shift()
    if (fault === undefined) break
    simulator.inject(parseFault(fault, known))
    next = samples.length + BETWEEN
    isGapToCome = GAPS.test(fault)
  }
  const { counters } = await node.status()
  const lost = input.status().lostSamples
  await node.stop()
  await input.close()
  return { samples, lost, hasUndeclared, counters }
}

/** Steps of the node's numbers that are not those of the simulator's. */
function wrongSteps(samples: readonly Sample[]): number {
  return samples.slice(1).filter(({ index, ramp }, k) => {
    const { index: indexBefore, ramp: rampBefore } = samples[k]!
    return (((index - indexBefore - (ramp - rampBefore)) % 1000) + 1000) % 1000 !== 0
  }).length
}

const gapsOf = (samples: readonly Sample[]) =>
  samples.slice(1).flatMap(({ index }, k) => (index === samples[k]!.index + 1 ? [] : [index - samples[k]!.index - 1]))

/** Outages cost a second or more: those of `soak` are played only with NODEACQ_SOAK=1. */
const chosen = (always: readonly string[], soak: readonly string[]) =>
  process.env['NODEACQ_SOAK'] === '1' ? [...always, ...soak] : always

describe('in a process of its own, through faults, the ledger shows what was lost', () => {
  const LINE = ['garbage=2', 'cut=0.2', 'delay=100', 'delay=0', 'expireToken', 'halfOpen=0.2', 'silence=0.2']

  test('of Cortex 2', async () => {
    const outages = chosen(
      ['error=createSession:-32000', 'refuseConnection=0.2'],
      ['slowStart=0.2', 'drop', 'truncate']
    )
    const faults = [
      'lose=9',
      'duplicate=3',
      'jump=100',
      'interpolate=4',
      ...LINE,
      ...outages,
      'headsetGone=0.2',
      'rate=2'
    ]
    const { samples, lost, hasUndeclared, counters } = await through(faults, { dialect: 'v2', sensors: 14 })
    expect([lost, hasUndeclared]).toEqual([0, false])
    // The headset that was gone began its ramp anew.
    expect(wrongSteps(samples)).toBe(1)
    const restored = outages.includes('truncate') ? 4 : 2
    expect(gapsOf(samples)).toEqual([9, ...Array.from({ length: restored + 2 }, () => expect.any(Number) as number)])
    expect(counters).toMatchObject({ duplicates: 3, interpolated: 4, restored })
  }, 60_000)

  test('of the older Cortex, which counts nothing', async () => {
    const outages = chosen(
      ['slowStart=0.2', 'drop'],
      ['truncate', 'error=createSession:-32000', 'refuseConnection=0.3', 'headsetGone=0.2']
    )
    const faults = ['lose=1', 'duplicate=3', 'jump=100', ...LINE, ...outages]
    const { samples, lost, hasUndeclared, counters } = await through(faults, { dialect: 'v1', sensors: 5 })
    expect([lost, hasUndeclared]).toEqual([0, false])
    const isSoak = outages.includes('headsetGone=0.2')
    expect(wrongSteps(samples)).toBe(isSoak ? 1 : 0)
    const restored = isSoak ? 4 : 1
    expect(gapsOf(samples)).toEqual([1, ...Array.from({ length: restored + 2 }, () => expect.any(Number) as number)])
    expect(counters).toMatchObject({ duplicates: 3, restored })
  }, 60_000)
})

test.each([
  ['v1', 'truncate'],
  ['v2', 'halfOpen=60']
] as const)('of the node and the simulator nothing is left: %s after %s', async (dialect, fault) => {
  const count = (kind: string): number => process.getActiveResourcesInfo().filter((one) => one.startsWith(kind)).length
  await using folder = await tempFolder()
  const credentials = join(folder.path, 'cortex.json')
  await writeFile(credentials, JSON.stringify(CREDENTIALS))
  await waitFor(() => count('TCP') === 0)
  const timers = count('Timeout')
  {
    await using simulator = await startSimulator({ dialect })
    await using node = new EmotivCortex({ name: 'headset' })
    await node.configure({ url: simulator.address, credentials, dialect, streams: ['eeg'] })
    await node.initialize()
    await node.start()
    const output = node.outputs['eeg']!
    await waitFor(() => output.index > 20)
    simulator.inject(parseFault(fault, simulators['cortex']!.faults))
    await waitFor(() => fault !== 'truncate' || node.status().counters['restored'] === 1)
    await node.stop()
  }
  await waitFor(() => count('TCP') === 0 && count('Timeout') <= timers)
  expect(count('TCP')).toBe(0)
})

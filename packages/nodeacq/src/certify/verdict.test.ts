import type { CertificateProblem, CertificateTrial } from '@nodeacq/nodes'
import { expect, test } from 'vitest'
import { speedProblem, verdictOf, type Findings } from './verdict.ts'

const MB = 1e6

function trial(
  factor: number,
  problems: readonly CertificateProblem[] = [],
  change: Partial<CertificateTrial> = {}
): CertificateTrial {
  return {
    factor,
    bytesPerSecond: 92 * MB * factor,
    seconds: 10,
    attempts: 1,
    safe: problems.length === 0,
    problems: [...problems],
    edges: [],
    latencyMs: null,
    backlogSeconds: 0,
    paceLagSeconds: 0,
    clock: null,
    clockErrorMs: null,
    processes: [],
    recordedBytes: 0,
    ...change
  }
}

const LOST: CertificateProblem = { kind: 'lost', text: '7 samples lost on device-1.signals → recorder.device-1' }
const LATE: CertificateProblem = { kind: 'late', text: '1 % of the chunks take 250 ms or more' }

function findings(trials: readonly CertificateTrial[], change: Partial<Findings> = {}): Findings {
  const safe = trials.filter((each) => each.safe).toSorted((a, b) => b.factor - a.factor)[0]
  return {
    format: 'nodeacq-certificate',
    version: 1,
    date: '2026-11-21T12:00:00.000Z',
    nodeacq: '0.1.0',
    node: 'v24.0.0',
    complete: true,
    machine: {
      hostname: 'rig3',
      platform: 'linux',
      release: '6.1',
      arch: 'x64',
      cpu: 'a processor',
      cores: 8,
      memoryBytes: 32e9
    },
    wanted: {
      channels: 384,
      sampleRate: 30_000,
      dtype: 'int16',
      devices: 4,
      chunkSize: 300,
      bytesPerSecond: 92 * MB,
      hours: 1
    },
    conditions: {
      seconds: 10,
      transferMode: 'plaindata',
      folder: '/data',
      host: null,
      maxLatencyMs: 100,
      margin: 1.5,
      limit: 8
    },
    disk: { bytesPerSecond: 500 * MB, slowestBytesPerSecond: 400 * MB, freeBytes: 2e12, hours: 6 },
    network: null,
    trials: [...trials],
    largestSafe:
      safe === undefined
        ? null
        : { factor: safe.factor, bytesPerSecond: safe.bytesPerSecond, isLimit: safe.factor >= 8 },
    ...change
  }
}

const LOAD = '4 × 384 channels at 30 kHz int16 (92.0 MB/s)'

test('safe, with the margin and the time that the disk lasts', () => {
  expect(verdictOf(findings([trial(1), trial(2.25), trial(3.375, [LOST])]))).toEqual({
    result: 'safe',
    text: `rig3 records ${LOAD} without loss, with a margin of ×2.3, and the disk has room for 6 hours.`,
    advice: []
  })
  expect(verdictOf(findings([trial(1), trial(8)])).text).toContain('with a margin of at least ×8,')
})

test('marginal, when little more is too much', () => {
  const { result, text, advice } = verdictOf(findings([trial(1), trial(1.5, [LATE]), trial(1.22)]))
  expect(result).toBe('marginal')
  expect(text).toBe(
    `${LOAD} were recorded for 10 s without loss, and the disk has room for 6 hours, but there is little to spare: up to ×1.2 of it is safe, ×1.5 is wanted: above it 1 % of the chunks take 250 ms or more.`
  )
  expect(advice).toContain('allow more latency (--max-latency) when nobody closes a loop over the viewer')
})

test('without a search, what was tried is all that is known', () => {
  const { conditions } = findings([])
  const known = findings([trial(1)], { conditions: { ...conditions, limit: 1 } })
  expect(verdictOf({ ...known, largestSafe: { factor: 1, bytesPerSecond: 92 * MB, isLimit: true } })).toMatchObject({
    result: 'safe',
    text: `rig3 records ${LOAD} without loss (more was not tried), and the disk has room for 6 hours.`
  })
})

test('not safe: the reason, what is safe instead, and the busiest process', () => {
  const processes = [
    { name: 'device-1', host: 'local', cpu: 0.9, memoryBytes: 1, memoryGrowthBytes: 0 },
    { name: 'recorder', host: 'local', cpu: 0.99, memoryBytes: 1, memoryGrowthBytes: 0 }
  ]
  const { result, text, advice } = verdictOf(findings([trial(1, [LOST], { processes }), trial(0.5)]))
  expect(result).toBe('not safe')
  expect(text).toBe(`${LOAD} cannot be recorded safely: ${LOST.text}; up to 46.0 MB/s is safe (×0.5).`)
  expect(advice[0]).toBe("process 'recorder' used 99 % of a core: record fewer channels in one recorder")
  expect(advice[1]).toContain('transferMode: sharedmem')
})

test('a disk that is too slow, or too full', () => {
  const slow = speedProblem({ bytesPerSecond: 80 * MB, slowestBytesPerSecond: MB, freeBytes: 1e12, hours: 3 }, 92 * MB)!
  expect(slow.text).toBe('the disk writes 80.0 MB/s, 92.0 MB/s are needed')
  expect(verdictOf(findings([trial(1, [slow])])).advice).toEqual([
    'record to a faster disk (--disk), or fewer channels'
  ])
  expect(speedProblem(null, 1)).toBeUndefined()
  expect(speedProblem({ bytesPerSecond: 1, slowestBytesPerSecond: 1, freeBytes: 1, hours: 1 }, 1)).toBeUndefined()

  const disk = { bytesPerSecond: 500 * MB, slowestBytesPerSecond: MB, freeBytes: 131.2e9, hours: 0.396 }
  const full = verdictOf(findings([trial(1), trial(2.25)], { disk }))
  expect(full.text).toBe(`${LOAD} cannot be recorded safely: the disk is full after 24 minutes, not 1 hour.`)
  expect(full.advice).toEqual(['free 200.0 GB or record to another disk (--disk)'])
})

test('over the network the advice is another', () => {
  const { conditions } = findings([])
  const { advice } = verdictOf(
    findings([trial(1, [LOST])], { conditions: { ...conditions, host: 'tcp://10.0.0.5:8000' } })
  )
  expect(advice[0]).toBe('compare without --host: if that is safe, the network is the limit')
  expect(advice.join()).not.toContain('sharedmem')
})

test('stopped before the end: what is known is told', () => {
  const stopped = { complete: false }
  expect(verdictOf(findings([], stopped))).toEqual({
    result: 'unknown',
    text: `stopped before ${LOAD} were tried; nothing is known.`,
    advice: []
  })
  expect(verdictOf(findings([trial(1, [], { seconds: 4.2 })], stopped)).text).toBe(
    `stopped; ${LOAD} were recorded without loss for the 4.2 s that it ran of 10 s.`
  )
  expect(verdictOf(findings([trial(1), trial(1.5)], stopped)).text).toBe(
    `stopped before the margin was known; ${LOAD} were recorded for 10 s without loss, and up to ×1.5 of it holds.`
  )
  expect(verdictOf(findings([trial(1, [LOST])], stopped))).toEqual({
    result: 'not safe',
    text: `${LOAD} cannot be recorded safely: ${LOST.text}.`,
    advice: []
  })
})

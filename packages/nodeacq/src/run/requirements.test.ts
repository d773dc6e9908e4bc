import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ManagerStatus } from '@nodeacq/core'
import { expect, test } from 'vitest'
import { testCatalog } from '../../test/testCatalog.ts'
import { parseGraph } from '../graph/parseGraph.ts'
import { byteRateOf, describeRoom, diskRoom, unmetRequirements } from './requirements.ts'

const signals = { sample_rate: 1000, shape: [-1, 8], dtype: 'float32', streamtype: 'analogsignal' }

test('the byte rate of a stream follows from its params', () => {
  expect(byteRateOf(signals)).toBe(32_000)
  expect(
    byteRateOf({
      ...signals,
      dtype: [
        ['index', '<i8'],
        ['label', 'S8']
      ],
      shape: [-1]
    })
  ).toBe(16_000)
  expect(byteRateOf({ ...signals, streamtype: 'event' })).toBe(0)
  const frames = {
    ...signals,
    sample_rate: 25,
    shape: [480, 640, 3],
    dtype: 'uint8',
    nodeacq: { accounting: 'messages' }
  }
  expect(byteRateOf(frames)).toBe(25 * 480 * 640 * 3)
  expect(byteRateOf(undefined)).toBe(0)
})

test('what does not hold is told with its place, and how long the disk lasts', async () => {
  const text = `nodes:
  amp: { type: Amp }
  disk: { type: Recorder, configure: { folder: x }, inputs: { raw: amp.signals } }
require: { streams: [{ stream: amp.signals, sampleRate: 500 }, amp.triggers], diskFreeMinutes: 10 }
`
  const { graph } = await parseGraph(text, 'graph.yaml', { catalog: testCatalog() })
  const streams = new Map([['amp.signals', signals]])
  const disk = { folder: '/data', freeBytes: 9.6e6, bytesPerSecond: 32_000, minutes: 5 }
  expect(describeRoom(disk)).toBe('/data has room for 5.0 minutes (9.6 MB free, 32.0 kB/s)')
  expect(await unmetRequirements(graph!, { streams, room: [disk] })).toEqual([
    'graph.yaml:4:32: require: amp.signals has 1000 Hz, expected 500 Hz',
    'graph.yaml:4:64: require: amp.triggers is not there',
    'graph.yaml:4:79: require: /data has room for 5.0 minutes (9.6 MB free, 32.0 kB/s), expected 10 minutes'
  ])

  const folder = await mkdtemp(join(tmpdir(), 'room-'))
  const status = { nodes: [{ name: 'disk', recordings: [join(folder, 'not', 'yet')] }] } as unknown as ManagerStatus
  const [room] = await diskRoom(graph!, { status, streams })
  expect(room).toMatchObject({ folder, bytesPerSecond: 32_000 })
  expect(room!.minutes).toBeCloseTo(room!.freeBytes / 32_000 / 60)
  await rm(folder, { recursive: true })
})

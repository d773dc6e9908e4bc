import type { ManagerStatus } from '@nodeacq/core'
import { expect, test } from 'vitest'
import { testCatalog } from '../../test/testCatalog.ts'
import { parseGraph } from '../graph/parseGraph.ts'
import { preflightItems, unmetContract } from './preflight.ts'
import { StreamRates } from './StreamRates.ts'

const TEXT = `nodes:
  amp: { type: Amp }
  disk: { type: Recorder, configure: { folder: x }, inputs: { raw: amp.signals } }
require: { streams: [amp.signals, amp.triggers], diskFreeMinutes: 10 }
`
const streams = new Map([
  ['amp.signals', { sample_rate: 1000, streamtype: 'analogsignal' }],
  ['amp.triggers', { sample_rate: 1000, streamtype: 'event' }]
])
const room = (minutes: number) => [{ folder: '/data', freeBytes: 1e9, bytesPerSecond: 1e6, minutes }]

/** A graph whose device has sent so many samples, in chunks of 10. */
function statusAt(samples: number, more: object = {}): ManagerStatus {
  const outputs = [
    { name: 'signals', samples, chunks: samples / 10, measuredRate: null },
    { name: 'triggers', samples: 0, chunks: 0, measuredRate: null }
  ]
  const node = { name: 'amp', state: 'running', inputs: [], outputs, ...more }
  return { hosts: [], groups: [], nodes: [node], edges: [] } as unknown as ManagerStatus
}

async function look(counts: readonly number[], minutes = 60) {
  const { graph } = await parseGraph(TEXT, 'graph.yaml', { catalog: testCatalog() })
  const rates = new StreamRates()
  counts.forEach((count, k) => rates.add(statusAt(count), k * 250))
  const context = { status: statusAt(counts.at(-1) ?? 0), streams, rates, room: room(minutes) }
  return { graph: graph!, context, unmet: unmetContract(graph!, context) }
}

const steps = (perLook: number) => Array.from({ length: 9 }, (_, k) => k * perLook)

test('a stream has to deliver, at its rate; events come when they come', async () => {
  expect((await look(steps(250))).unmet).toEqual([])
  expect((await look(steps(0))).unmet).toEqual(['require: amp.signals: delivers nothing (graph.yaml:4:22)'])
  expect((await look(steps(200))).unmet).toEqual([
    'require: amp.signals: delivers 800 Hz, expected 1,000 Hz (graph.yaml:4:22)'
  ])
  // Nothing is known before there are two looks.
  expect((await look([500])).unmet).toHaveLength(1)
})

test('a device that stops delivering is seen within the time that is looked back upon', async () => {
  const { unmet } = await look([...steps(250), ...Array.from({ length: 14 }, () => 2000)])
  expect(unmet).toEqual(['require: amp.signals: delivers nothing (graph.yaml:4:22)'])
})

test('the list tells what is good too, and what only needs a look', async () => {
  const { graph, context } = await look(steps(250), 5)
  const items = await preflightItems(graph, context)
  expect(items.slice(0, 4)).toEqual([
    { level: 'ok', subject: 'nodes', text: '1 of 1 run' },
    { level: 'ok', subject: 'amp.signals', text: 'delivers 1,000 Hz' },
    { level: 'ok', subject: 'amp.triggers', text: 'there, 0 so far' },
    {
      level: 'fail',
      subject: 'disk',
      text: '/data has room for 5.0 minutes (1.0 GB free, 1.0 MB/s), expected 10 minutes (graph.yaml:4:50)'
    }
  ])
  const failing = { ...context, status: statusAt(0, { state: 'failed', error: { message: 'unplugged' } }) }
  expect((await preflightItems(graph, failing))[0]).toEqual({ level: 'fail', subject: 'amp', text: 'unplugged' })
  const hosts = [{ name: 'lab', address: 'tcp://10.0.0.5:8000', state: 'connected', clock: null, groups: [] }]
  const remote = { ...context, status: { ...context.status, hosts } as unknown as ManagerStatus }
  expect(await preflightItems(graph, remote)).toContainEqual({
    level: 'warn',
    subject: 'clock of lab',
    text: 'is not measured'
  })
})

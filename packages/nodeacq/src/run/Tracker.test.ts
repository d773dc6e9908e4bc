import type { EdgeStatus, ManagerStatus } from '@nodeacq/core'
import { describe, expect, test } from 'vitest'
import { testCatalog } from '../../test/testCatalog.ts'
import type { Graph } from '../graph/Graph.ts'
import { parseGraph } from '../graph/parseGraph.ts'
import { Tracker } from './Tracker.ts'

const FILE = `name: demo
groups: { a: {}, b: {} }
nodes:
  amp: { type: Amp, group: a }
  other: { type: Amp, group: b }
  filter: { type: SosFilter, group: b, configure: { design: { type: butter, order: 4, band: [1, 40] } }, inputs: { signals: amp.signals } }
  disk: { type: Recorder, group: b, configure: { folder: x }, inputs: { raw: { from: amp.signals, delivery: complete }, other: other.signals } }
`

async function graphOf(text = FILE): Promise<Graph> {
  const { graph, mistakes } = await parseGraph(text, 'graph.yaml', { catalog: testCatalog() })
  expect(mistakes).toEqual([])
  return graph!
}

type State = ManagerStatus['nodes'][number]['state']

function statusOf(states: Record<string, State>, more: Partial<ManagerStatus> = {}): ManagerStatus {
  const nodes = Object.entries(states).map(([name, state]) => ({
    name,
    type: 'T',
    group: name === 'amp' ? 'a' : 'b',
    host: 'local',
    state,
    error: state === 'failed' ? { name: 'DeviceError', message: 'unplugged' } : null,
    cpu: 0,
    inputs: [],
    outputs: [{ samples: 0 }] as unknown as ManagerStatus['nodes'][number]['outputs'],
    recordings: name === 'disk' ? ['/data/x'] : [],
    progress: null,
    counters: {}
  }))
  return { hosts: [], groups: [], nodes, edges: [], ...more }
}

function edge(to: string, more: Partial<EdgeStatus> = {}): EdgeStatus {
  return {
    from: 'amp.signals',
    to,
    protocol: 'tcp',
    transferMode: 'plaindata',
    delivery: 'bestEffort',
    chunks: 1,
    samples: 10,
    lostSamples: 0,
    skippedSamples: 0,
    duplicatedSamples: 0,
    gaps: 0,
    stalled: false,
    latencyMs: null,
    ...more
  }
}

const RUNNING = { amp: 'running', other: 'running', filter: 'running', disk: 'running' } as const
const ENDED = { amp: 'initialized', other: 'initialized', filter: 'initialized', disk: 'initialized' } as const

describe('a run is over', () => {
  test('when every node has ended, and not before', async () => {
    const tracker = new Tracker(await graphOf())
    tracker.add(statusOf(RUNNING), 0)
    expect(tracker.isOver).toBe(false)
    tracker.add(statusOf({ ...ENDED, disk: 'running' }), 1)
    expect(tracker.isOver).toBe(false)
    tracker.add(statusOf(ENDED), 2)
    expect(tracker.isOver).toBe(true)
  })

  test('after a death as soon as nothing that runs makes data', async () => {
    const tracker = new Tracker(await graphOf())
    tracker.add(statusOf(RUNNING), 0)
    const { amp: _, ...survivors } = RUNNING
    const dead = { groups: [{ name: 'a', state: 'dead' }] } as unknown as Partial<ManagerStatus>
    tracker.add(statusOf(survivors, dead), 1)
    expect(tracker.isOver).toBe(false)
    tracker.add(statusOf({ ...survivors, other: 'initialized' }, dead), 2)
    expect(tracker.isOver).toBe(true)
  })
})

test('a required stream is impossible when a node that it comes from is gone', async () => {
  const tracker = new Tracker(await graphOf(`${FILE}require: { streams: [other.signals, filter.signals] }\n`))
  tracker.add(statusOf(RUNNING), 0)
  expect(tracker.impossibleStream).toBeUndefined()
  tracker.add(statusOf({ ...RUNNING, disk: 'failed' }), 1)
  expect(tracker.impossibleStream).toBeUndefined()
  tracker.add(statusOf({ ...RUNNING, amp: 'failed' }), 2)
  expect(tracker.impossibleStream).toBe('filter.signals')
})

describe('the summary', () => {
  test('of a run without trouble is ok, in the order of the graph', async () => {
    const tracker = new Tracker(await graphOf())
    const edges = [edge('disk.raw', { delivery: 'complete' }), edge('filter.signals', { lostSamples: 3 })]
    tracker.add(statusOf(ENDED, { edges }), 0)
    const summary = tracker.summary(1.5)
    expect(summary).toMatchObject({
      graph: 'demo',
      durationSeconds: 1.5,
      ok: true,
      recordings: [{ node: 'disk', path: '/data/x' }]
    })
    expect(summary.nodes[0]).toEqual({
      name: 'amp',
      counters: {},
      type: 'Amp',
      group: 'a',
      host: 'local',
      state: 'initialized',
      error: null
    })
    expect(summary.edges.map(({ to }) => to)).toEqual(['filter.signals', 'disk.raw'])
    expect(Object.keys(summary.edges[0]!)).toEqual([
      'from',
      'to',
      'delivery',
      'chunks',
      'samples',
      'lostSamples',
      'skippedSamples',
      'duplicatedSamples',
      'gaps',
      'stalled',
      'latencyMs'
    ])
  })

  test('is not ok after loss on an edge that is, or was asked to be, complete', async () => {
    const graph = await graphOf()
    for (const delivery of ['complete', 'bestEffort'] as const) {
      const tracker = new Tracker(graph)
      tracker.add(statusOf(ENDED, { edges: [edge('disk.raw', { delivery, lostSamples: 1 })] }), 0)
      expect(tracker.summary(1).ok).toBe(false)
    }
  })

  test('says of an edge that it was silent for a while, also when data came again', async () => {
    const tracker = new Tracker(await graphOf())
    tracker.addStall('disk.raw')
    tracker.add(statusOf(ENDED, { edges: [edge('filter.signals'), edge('disk.raw')] }), 0)
    const { ok, edges } = tracker.summary(1)
    expect([ok, edges.map(({ to, stalled }) => [to, stalled])]).toEqual([
      true,
      [
        ['filter.signals', false],
        ['disk.raw', true]
      ]
    ])
  })

  test('keeps what was known of a group that died, and says why', async () => {
    const tracker = new Tracker(await graphOf())
    tracker.add(statusOf(RUNNING, { edges: [edge('disk.raw')] }), 0)
    tracker.addDeath('b', "node group 'b' died: signal SIGKILL")
    tracker.add(statusOf({ amp: 'initialized' }), 1)
    const { ok, nodes, edges, recordings } = tracker.summary(1)
    expect(ok).toBe(false)
    expect(nodes.map(({ name, state, error }) => [name, state, error?.message])).toEqual([
      ['amp', 'initialized', undefined],
      ['other', 'failed', "node group 'b' died: signal SIGKILL"],
      ['filter', 'failed', "node group 'b' died: signal SIGKILL"],
      ['disk', 'failed', "node group 'b' died: signal SIGKILL"]
    ])
    expect(edges).toHaveLength(1)
    expect(recordings).toEqual([{ node: 'disk', path: '/data/x' }])
  })

  test('of a failed node carries its error', async () => {
    const tracker = new Tracker(await graphOf())
    tracker.add(statusOf({ ...ENDED, amp: 'failed' }), 0)
    expect(tracker.summary(1).nodes[0]).toMatchObject({
      state: 'failed',
      error: { name: 'DeviceError', message: 'unplugged' }
    })
    expect(tracker.summary(1).ok).toBe(false)
  })
})

test('rates come from the counters of the last seconds', async () => {
  const tracker = new Tracker(await graphOf())
  const at = (samples: number) => {
    const status = statusOf(RUNNING)
    const nodes = status.nodes.map((node) => ({ ...node, outputs: [{ samples }] as unknown as typeof node.outputs }))
    return { ...status, nodes }
  }
  const rates = () => tracker.nodes().map(({ rate }) => rate)
  tracker.add(at(0), 0)
  expect(rates()[0]).toBeUndefined()
  tracker.add(at(250), 250)
  expect(rates()[0]).toBe(1000)
  for (let time = 500; time <= 4000; time += 250) tracker.add(at(250 + (time - 250) * 2), time)
  expect(rates()[0]).toBe(2000)
  tracker.add(at(10), 4250)
  expect(rates()[0]).toBeUndefined()
})

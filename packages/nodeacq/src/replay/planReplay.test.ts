import type { RecordedStream } from '@nodeacq/nodes'
import { expect, test } from 'vitest'
import { parseGraph } from '../graph/parseGraph.ts'
import { registeredTypes } from '../graph/registeredTypes.ts'
import { planReplay, type Recorded } from './planReplay.ts'

const DESIGN = '{ type: butter, order: 2, band: lowpass, frequencies: 40 }'
const GRAPH = `nodes:
  amp: { type: NoiseGenerator, configure: { channelCount: 2, sampleRate: 1000 } }
  eyes: { type: NoiseGenerator, configure: { channelCount: 2, sampleRate: 500 } }
  low: { type: SosFilter, group: far, configure: { design: ${DESIGN} }, inputs: { signals: amp.signals } }
  lower: { type: SosFilter, configure: { design: ${DESIGN} }, inputs: { signals: low.signals } }
  gaze: { type: SosFilter, configure: { design: ${DESIGN} }, inputs: { signals: eyes.signals } }
  seen: { type: StreamMonitor, inputs: { signals: eyes.signals } }
  disk:
    type: Recorder
    configure: { file: x.mcap }
    inputs: { raw: amp.signals, lower: lower.signals, gaze: gaze.signals }
groups: { far: {} }
require: { streams: [eyes.signals] }
`

async function plan(names: readonly string[]) {
  const { graph, mistakes } = await parseGraph(GRAPH, 'graph.yaml', { catalog: registeredTypes() })
  expect(mistakes).toEqual([])
  const streams = names.map((name) => ({ name, streamType: 'analogsignal' }) as RecordedStream)
  const recorded: Recorded = { file: 'x.mcap', streams, names: new Set(names) }
  return planReplay(graph!, recorded, 'y.mcap')
}

test('the recording takes the place of the devices, and what cannot be computed from it is named', async () => {
  const { graph, targets, skipped } = await plan(['raw', 'lower', 'gaze'])
  expect(targets).toEqual([{ stream: 'lower', output: 'lower.signals' }])
  expect(skipped).toEqual([
    { stream: 'gaze', output: 'gaze.signals', reason: 'eyes.signals (NoiseGenerator) was not recorded' }
  ])
  expect(graph.nodes.map(({ name, group }) => [name, group])).toEqual([
    ['recording', 'main'],
    ['low', 'main'],
    ['lower', 'main'],
    ['recomputed', 'main']
  ])
  expect(graph.require.streams).toEqual([])
  const inputsOf = (name: string) => graph.nodes.find((node) => node.name === name)!.inputs.map(({ from }) => from)
  expect(inputsOf('low')).toEqual([{ node: 'recording', output: 'signals' }])
  expect(inputsOf('lower')).toEqual([{ node: 'low', output: 'signals' }])
  expect(inputsOf('recomputed')).toEqual([{ node: 'lower', output: 'signals' }])
  expect(graph.nodes[0]!.configure).toEqual({ file: 'x.mcap', pace: 'max', units: 'digital' })
})

test('a graph that did not make the recording is refused', async () => {
  await expect(plan(['raw', 'audio'])).rejects.toThrow(
    "x.mcap: no node of the graph 'graph' records raw, audio; name its graph with --graph"
  )
})

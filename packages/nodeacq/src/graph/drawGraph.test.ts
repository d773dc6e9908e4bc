import { expect, test } from 'vitest'
import { testCatalog } from '../../test/testCatalog.ts'
import { drawGraph } from './drawGraph.ts'
import { parseGraph } from './parseGraph.ts'

test('a graph is drawn with its hosts, groups, nodes and edges', async () => {
  const text = `name: demo
hosts: { lab: tcp://127.0.0.1:8000 }
groups: { acquisition: { host: lab }, analysis: {}, view: {} }
nodes:
  amp: { type: Amp, group: acquisition }
  filter: { type: SosFilter, group: analysis, configure: { design: { type: butter, order: 4, band: [1, 40] } }, inputs: { signals: amp.signals } }
  disk: { type: Recorder, group: analysis, configure: { folder: x }, inputs: { raw: amp.signals, filtered: { from: filter.signals, delivery: complete } } }
  screen: { type: Recorder, group: view, configure: { folder: y }, inputs: { a: filter.signals } }
`
  const { graph } = await parseGraph(text, 'demo.yaml', { catalog: testCatalog() })
  expect(drawGraph(graph!)).toBe(
    `
demo

local
├─ analysis
│  ├─ filter  SosFilter  signals ◄─ amp.signals
│  └─ disk    Recorder   raw ◄─ amp.signals
│                        filtered ◄─ filter.signals (complete)
└─ view
   └─ screen  Recorder   a ◄─ filter.signals
lab  tcp://127.0.0.1:8000
└─ acquisition
   └─ amp     Amp`.slice(1)
  )
})

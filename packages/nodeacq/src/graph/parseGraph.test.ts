import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { formatMistake, type Mistake } from './mistakes.ts'
import { parseGraph, type ParseOptions } from './parseGraph.ts'
import { testCatalog } from '../../test/testCatalog.ts'

const parse = (text: string, options: Partial<ParseOptions> = {}) =>
  parseGraph(text, 'graph.yaml', { catalog: testCatalog(), env: {}, ...options })

const heads = (mistakes: readonly Mistake[]) => mistakes.map((mistake) => formatMistake(mistake).split('\n')[0])

async function mistakesOf(text: string, options: Partial<ParseOptions> = {}) {
  const { graph, mistakes } = await parse(text, options)
  expect(graph).toBeUndefined()
  return heads(mistakes)
}

async function graphOf(text: string, options: Partial<ParseOptions> = {}) {
  const { graph, mistakes } = await parse(text, options)
  expect(heads(mistakes)).toEqual([])
  return graph!
}

const DEMO = `name: demo
hosts: { lab: tcp://127.0.0.1:8000 }
groups: { acquisition: { host: lab }, analysis: {} }
nodes:
  disk:
    type: Recorder
    group: analysis
    configure: { folder: "\${out}" }
    inputs: { raw: { from: amp.signals, delivery: complete }, filtered: filter.signals }
  filter:
    type: SosFilter
    group: analysis
    configure: { design: { type: butter, order: 4, band: [1, 40] } }
    inputs: { signals: amp.signals }
  amp:
    type: Amp
    group: acquisition
    configure: { nb_channel: 8, sampleRate: 1000 }
    params: { gain: 2 }
    outputs: { signals: { transfermode: sharedmem, bufferSize: 60000 } }
require: { streams: [amp.signals, { stream: filter.signals, sampleRate: 1000 }], diskFreeMinutes: 10 }
`

describe('a correct graph', () => {
  test('comes back typed, sources first, under our names', async () => {
    const graph = await graphOf(DEMO, { out: '/data/run1' })
    expect(graph.nodes.map((node) => node.name)).toEqual(['amp', 'filter', 'disk'])
    const [amp, filter, disk] = graph.nodes
    expect(amp).toMatchObject({
      type: 'Amp',
      group: 'acquisition',
      configure: { channelCount: 8, sampleRate: 1000 },
      params: { gain: 2 },
      outputs: { signals: { transferMode: 'sharedmem', bufferSize: 60_000 } }
    })
    expect(filter!.inputs).toMatchObject([{ name: 'signals', from: { node: 'amp', output: 'signals' } }])
    expect(disk).toMatchObject({
      configure: { folder: '/data/run1' },
      inputs: [
        { name: 'raw', from: { node: 'amp', output: 'signals' }, delivery: 'complete' },
        { name: 'filtered', from: { node: 'filter', output: 'signals' }, delivery: undefined }
      ]
    })
    expect(graph).toMatchObject({
      name: 'demo',
      out: '/data/run1',
      hosts: [{ name: 'lab', address: 'tcp://127.0.0.1:8000' }],
      groups: [
        { name: 'acquisition', host: 'lab' },
        { name: 'analysis', host: 'local' }
      ],
      require: {
        streams: [
          { node: 'amp', output: 'signals', sampleRate: undefined },
          { node: 'filter', output: 'signals', sampleRate: 1000 }
        ],
        diskFreeMinutes: 10
      }
    })
  })

  test('may be JSON with tabs', async () => {
    const graph = await graphOf('{\n\t"nodes": {\n\t\t"amp": { "type": "Amp" }\n\t}\n}')
    expect(graph.nodes).toMatchObject([{ name: 'amp', group: 'main' }])
    expect(graph.groups).toMatchObject([{ name: 'main', host: 'local' }])
    expect(graph.out).toBeUndefined()
  })

  test('takes anchors, merges and pyacq names of types', async () => {
    const text = `nodes:\n  a: &a { type: PyAmp, configure: { nb_channel: 2 } }\n  b: { <<: *a, configure: { nb_channel: 3 } }\n`
    const { nodes } = await graphOf(text)
    expect(nodes.map(({ type, configure }) => [type, configure])).toEqual([
      ['Amp', { channelCount: 2 }],
      ['Amp', { channelCount: 3 }]
    ])
  })

  test('records by default into a folder with its name and the time', async () => {
    const now = new Date(2026, 2, 1, 14, 5, 9)
    const graph = await graphOf('name: my demo\nnodes: { r: { type: Recorder, configure: { folder: "${out}/a" } } }', {
      now
    })
    expect(graph.out).toMatch(/[/\\]recordings[/\\]my_demo-2026-03-01T14-05-09$/)
    expect(graph.nodes[0]!.configure).toEqual({ folder: `${graph.out}/a` })
  })

  test('takes values from the environment: as YAML when unquoted, else as text', async () => {
    const text =
      'nodes:\n  amp:\n    type: Amp\n    configure:\n      sampleRate: ${env:RATE}\n      host: "${env:RATE}"\n'
    const graph = await graphOf(text, { env: { RATE: '500' } })
    expect(graph.nodes[0]!.configure).toEqual({ sampleRate: 500, host: '500' })
    const literal = await graphOf('nodes: { amp: { type: Amp, configure: { host: "$${out}" } } }')
    expect(literal.nodes[0]!.configure).toEqual({ host: '${out}' })
  })

  test('loads the modules that it names, relative to the file', async () => {
    const folder = fileURLToPath(new URL('../../test/fixtures/', import.meta.url))
    const text = 'modules: [./extra.ts]\nnodes: { e: { type: Extra } }'
    const { graph, mistakes } = await parseGraph(text, `${folder}graph.yaml`, { catalog: testCatalog() })
    expect(heads(mistakes)).toEqual([])
    expect(graph!.modules).toMatchObject([{ path: './extra.ts', absolutePath: `${folder}extra.ts`, host: undefined }])
  })
})

describe('--set', () => {
  test('changes and adds values, read as YAML', async () => {
    const set = [
      'nodes.amp.configure.channelCount=4',
      'nodes.amp.params.gain=0.5',
      'nodes.filter.configure.design.band.1=30'
    ]
    const { nodes } = await graphOf(DEMO, { set: [...set, 'name=other'] })
    expect(nodes[0]).toMatchObject({ params: { gain: 0.5 } })
    expect(nodes[1]!.configure).toMatchObject({ design: { band: [1, 30] } })
  })

  test('below a key that is not there makes the maps', async () => {
    const { nodes } = await graphOf('nodes:\n  amp:\n    type: Amp\n    params:\n', {
      set: ['nodes.amp.params.gain=3', 'nodes.amp.outputs.signals={units: uV}']
    })
    expect(nodes[0]).toMatchObject({ params: { gain: 3 }, outputs: { signals: { units: 'uV' } } })
  })

  test('of an unknown path is a mistake that points into the argument', async () => {
    const set = [
      'nodes.ampp.configure.sampleRate=1',
      'nodes.amp.configure.sampelRate=1',
      'nodes.amp.type.x=1',
      'name',
      'nod.a=1'
    ]
    const { mistakes } = await parse(DEMO, { set: ['nodes.filter.configure.design.band.5=1', ...set] })
    expect(new Set(heads(mistakes))).toEqual(
      new Set([
        "--set:1:1: 'name' sets nothing; expected path.to.key=value",
        "--set:1:1: unknown key 'nod'; did you mean 'nodes'?",
        "--set:1:16: nodes.amp.type is text 'Amp' and has no 'x'; expected a map",
        "--set:1:21: node 'amp': configure: unknown option 'sampelRate'; did you mean 'sampleRate'?",
        "--set:1:36: nodes.filter.configure.design.band: no position '5' in the list; expected a position from 0 to 1",
        "--set:1:7: nodes has no 'ampp'; did you mean 'amp'?"
      ])
    )
  })

  test('of a wrong value points at the value', async () => {
    const { mistakes } = await parse(DEMO, { set: ['nodes.amp.configure.channelCount=many'] })
    expect(formatMistake(mistakes[0]!)).toBe(
      [
        "--set:1:34: node 'amp': configure.channelCount is text 'many'; expected a number",
        '  1 | nodes.amp.configure.channelCount=many',
        '    |                                  ^^^^'
      ].join('\n')
    )
    expect(await mistakesOf(DEMO, { set: ['require.diskFreeMinutes={'] })).toEqual([
      '--set:1:26: YAML: flow map must end with a }; expected a YAML or JSON document'
    ])
  })
})

describe('mistakes', () => {
  test('of all kinds are found at once, each with its line, the nearest name and a caret', async () => {
    const text = `name: broken
hosts: { lab: tcp://127.0.0.1, local: tcp://a:1 }
groups: { a: { hots: lab }, b: { host: labb } }
nodess: {}
nodes:
  amp: { type: Ampp, group: c }
  good: { type: Amp, configure: { chanelCount: 8, sampleRate: fast, mode: fats }, params: { gain: 11 } }
  filter: { type: SosFilter, inputs: { signal: good.signals } }
  filter: { type: SosFilter }
  f2: { type: SosFilter, configure: { design: { type: butter, order: 99, band: [1, x] } }, inputs: { signals: god.signals } }
  disk: { type: Recorder, configure: { folder: 3 }, inputs: { a: good.signal, b: good, c: { from: good.signals, delivery: complet } } }
require: { streams: [goood.signals], diskFree: 1 }
`
    expect(await mistakesOf(text)).toEqual([
      "graph.yaml:2:15: host 'lab': 'tcp://127.0.0.1' is no address; expected tcp://<name or IP>:<port>",
      "graph.yaml:2:32: host 'local' is built in and cannot be defined; expected another name",
      "graph.yaml:3:16: group 'a': unknown key 'hots'; did you mean 'host'?",
      "graph.yaml:3:40: group 'b': unknown host 'labb'; did you mean 'lab'?",
      "graph.yaml:4:1: unknown key 'nodess'; did you mean 'nodes'?",
      "graph.yaml:6:16: node 'amp': unknown type 'Ampp'; did you mean 'Amp'?",
      "graph.yaml:6:29: node 'amp': unknown group 'c'; expected one of a, b, main",
      "graph.yaml:7:35: node 'good': configure: unknown option 'chanelCount'; did you mean 'channelCount'?",
      "graph.yaml:7:63: node 'good': configure.sampleRate is text 'fast'; expected a number",
      "graph.yaml:7:75: node 'good': configure.mode is text 'fats'; did you mean 'fast'?",
      "graph.yaml:7:99: node 'good': params.gain is the number 11; expected at most 10",
      "graph.yaml:8:3: node 'filter': configure.design is missing; expected a map",
      "graph.yaml:8:40: node 'filter': SosFilter has no input 'signal'; did you mean 'signals'?",
      "graph.yaml:9:3: 'filter' stands twice; first at graph.yaml:8:3; expected each name once",
      "graph.yaml:10:70: node 'f2': configure.design.order is the number 99; expected at most 20",
      "graph.yaml:10:84: node 'f2': configure.design.band.1 is text 'x'; expected a number",
      "graph.yaml:10:111: node 'f2': input 'signals': there is no node 'god'; did you mean 'good'?",
      "graph.yaml:11:48: node 'disk': configure.folder is the number 3; expected text",
      "graph.yaml:11:66: node 'disk': input 'a': Amp has no output 'signal'; did you mean 'signals'?",
      "graph.yaml:11:82: node 'disk': input 'b': 'good' names no stream; expected node.output, such as good.signals",
      "graph.yaml:11:123: node 'disk': input 'c': unknown delivery 'complet'; did you mean 'complete'?",
      "graph.yaml:12:22: require: streams: there is no node 'goood'; did you mean 'good'?",
      "graph.yaml:12:38: require: unknown key 'diskFree'; did you mean 'diskFreeMinutes'?"
    ])
  })

  test('show the line and a caret', async () => {
    const { mistakes } = await parse('nodes:\n\n  filter: { type: SosFiltr, inputs: {} }\n')
    expect(formatMistake(mistakes[0]!)).toBe(
      [
        "graph.yaml:3:19: node 'filter': unknown type 'SosFiltr'; did you mean 'SosFilter'?",
        '  3 |   filter: { type: SosFiltr, inputs: {} }',
        '    |                   ^^^^^^^^'
      ].join('\n')
    )
  })

  test('in YAML itself are told with their place', async () => {
    const text = 'nodes:\n  amp: { type: Amp\n  b: [1, 2\nname: "x\n'
    const found = await mistakesOf(text)
    expect(found[0]).toMatch(/^graph.yaml:3:\d+: YAML: flow map/)
    expect(found.at(-1)).toMatch(/^graph.yaml:5:1: YAML: missing closing "quote/)
  })

  test('name the path of a cycle', async () => {
    const node = (source: string) =>
      `{ type: SosFilter, configure: { design: { type: butter, order: 1, band: [1, 2] } }, inputs: { signals: ${source}.signals } }`
    expect(
      await mistakesOf(`nodes:\n  a: ${node('c')}\n  b: ${node('a')}\n  c: ${node('b')}\n  d: ${node('d')}\n`)
    ).toEqual([
      "graph.yaml:3:109: node 'b': input 'signals' closes a cycle: a → b → c → a; expected a graph without cycles",
      "graph.yaml:5:109: node 'd': input 'signals' closes a cycle: d → d; expected a graph without cycles"
    ])
  })

  test('of a document that is no graph', async () => {
    expect(await mistakesOf('')).toEqual([expect.stringContaining('the document is nothing; expected a map with name')])
    expect(await mistakesOf('- a\n')).toEqual([expect.stringContaining('graph.yaml:1:1: the document is a list of 1')])
    expect(await mistakesOf('name: x\n')).toEqual([
      "graph.yaml:1:1: the graph has no nodes; expected a section 'nodes'"
    ])
    expect(await mistakesOf('nodes: { a: , b: 3, c: {}, x.y: { type: Amp } }')).toEqual([
      "graph.yaml:1:10: node 'a' has no type; expected type: the name of a node type",
      "graph.yaml:1:18: node 'b' is the number 3; expected a map",
      "graph.yaml:1:21: node 'c' has no type; expected type: the name of a node type",
      "graph.yaml:1:28: 'x.y' cannot be the name of a node; expected letters, digits, - and _"
    ])
  })

  test('of modules: a missing file, one that fails, an unknown host', async () => {
    const file = fileURLToPath(new URL('../../test/fixtures/graph.yaml', import.meta.url))
    const text =
      'modules:\n  - ./gone.ts\n  - ./broken.ts\n  - { path: ./extra.ts, host: labb }\nnodes: { a: { type: Zzz } }\n'
    const { mistakes } = await parseGraph(text, file, { catalog: testCatalog() })
    expect(heads(mistakes).map((head) => head!.slice(file.length))).toEqual([
      expect.stringMatching(/^:2:5: module '.\/gone.ts': there is no file .*gone.ts; expected a .ts or .js file$/),
      ":3:5: module './broken.ts' cannot be loaded: SyntaxError: Unexpected token; expected a module that exports Node classes",
      ":4:31: module: unknown host 'labb'; expected one of local"
    ])
  })

  test('of variables', async () => {
    expect(await mistakesOf('nodes: { a: { type: Amp, configure: { host: "${ouut}${env:GONE}" } } }')).toEqual([
      "graph.yaml:1:45: unknown variable '${ouut}'; did you mean 'out'?",
      "graph.yaml:1:45: environment variable 'GONE' is not set; expected a variable that is set"
    ])
  })

  test('of outputs: unknown names, values, and keys that are almost right', async () => {
    const text = `nodes:
  a:
    type: Amp
    outputs:
      signals: { transferMode: sharedmen, buferSize: 10, gain: 3, dtype: flout32 }
      triggers: { transferMode: sharedmem }
      sounds: { units: 3, port: 99999 }
`
    expect(await mistakesOf(text)).toEqual([
      "graph.yaml:5:32: node 'a': output 'signals'.transferMode is text 'sharedmen'; did you mean 'sharedmem'?",
      "graph.yaml:5:43: node 'a': output 'signals': unknown option 'buferSize'; did you mean 'bufferSize'?",
      "graph.yaml:5:74: node 'a': output 'signals'.dtype is text 'flout32'; expected a numpy type name such as float32 or >i4",
      "graph.yaml:6:7: node 'a': output 'triggers': sharedmem needs a bufferSize; expected bufferSize: samples in the ring, e.g. 60000",
      "graph.yaml:7:7: node 'a': Amp has no output 'sounds'; expected one of signals, triggers",
      "graph.yaml:7:24: node 'a': output 'sounds'.units is the number 3; expected text or a list",
      "graph.yaml:7:33: node 'a': output 'sounds'.port is the number 99999; expected at most 65535"
    ])
  })

  test('of transports that cannot leave a process or a machine', async () => {
    const text = `hosts: { far: tcp://192.0.2.1:8000 }
groups: { here: {}, there: { host: far } }
nodes:
  a: { type: Amp, group: here, outputs: { signals: { transferMode: sharedmem, bufferSize: 9 }, triggers: { protocol: inproc } } }
  r: { type: Recorder, configure: { folder: x }, group: there, inputs: { a: a.signals, b: a.triggers } }
  s: { type: Recorder, configure: { folder: x }, inputs: { b: a.triggers } }
`
    expect(await mistakesOf(text)).toEqual([
      "graph.yaml:5:77: node 'r': input 'a': 'a.signals' uses sharedmem, and 'r' is on another machine; expected plaindata over tcp",
      "graph.yaml:5:91: node 'r': input 'b': 'a.triggers' uses inproc, and 'r' is in another process; expected group here, or protocol tcp",
      "graph.yaml:5:91: node 'r': input 'b': 'a.triggers' is heard on this machine only, and 'r' is on another; expected for 'a': outputs: { triggers: { interface: <IP of this machine> } }",
      "graph.yaml:6:63: node 's': input 'b': 'a.triggers' uses inproc, and 's' is in another process; expected group here, or protocol tcp"
    ])
  })
})

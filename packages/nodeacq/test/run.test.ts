import { copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { tempFolder, waitFor } from 'testing'
import { graphFile, hostServer, nodeacq, noiseGraph, run, type Program } from './programs.ts'

const BYTES_PER_SAMPLE = 4 * 4

type Properties = Record<string, { start_index?: number } | undefined>

async function properties(folder: string): Promise<Properties> {
  const text = await readFile(join(folder, 'stream_properties.json'), 'utf8').catch(() => '{}')
  return JSON.parse(text) as Properties
}

/** Samples in a file of the recording, which must begin with the first one of the run. */
async function recorded(folder: string, stream: string): Promise<number> {
  expect((await properties(folder))[stream]!.start_index).toBe(0)
  return (await stat(join(folder, `${stream}.raw`))).size / BYTES_PER_SAMPLE
}

/** Waits until the recording has data. */
async function untilRecording(program: Program, folder: string): Promise<void> {
  const hasData = async () => {
    if (program.end) throw new Error(`the run has ended:\n${program.errorText}`)
    return (await properties(folder))['raw']?.start_index === 0
  }
  await waitFor(hasData, { what: `data in ${folder}` })
}

/** Waits for a text on standard error. */
async function untilTold(program: Program, text: string): Promise<void> {
  const isTold = () => {
    if (program.errorText.includes(text)) return true
    if (program.end) throw new Error(`the run has ended:\n${program.errorText}`)
    return false
  }
  await waitFor(isTold, { what: () => `'${text}' in\n${program.errorText}` })
}

function edgeOf(program: Program, to: string) {
  return program.summary().edges.find((edge) => edge.to === to)!
}

describe('nodeacq run', () => {
  test('runs a graph over three processes, one on a host server; stdout is one JSON object', async () => {
    await using folder = await tempFolder()
    const host = await hostServer()
    await using _ = host.program
    const groups = { acquisition: { host: 'lab' }, analysis: {} }
    const graph = noiseGraph({
      source: 'acquisition',
      rest: 'analysis',
      more: { hosts: { lab: host.address }, groups }
    })
    const out = join(folder.path, 'recording')
    await using program = await run([
      'run',
      await graphFile(folder.path, graph),
      '--duration',
      '1',
      '--out',
      out,
      '--json'
    ])
    expect(program.errorText).toContain('noise runs for 1 s: 3 nodes in 2 processes')
    expect(program.errorText).toContain(`recording to ${out}`)
    const summary = program.summary()
    expect(summary).toMatchObject({
      graph: 'noise',
      ok: true,
      nodes: [
        {
          name: 'amp',
          type: 'NoiseGenerator',
          group: 'acquisition',
          host: 'lab',
          state: 'initialized',
          error: null,
          counters: {}
        },
        {
          name: 'filter',
          type: 'SosFilter',
          group: 'analysis',
          host: 'local',
          state: 'initialized',
          error: null,
          counters: {}
        },
        {
          name: 'disk',
          type: 'RawRecorder',
          group: 'analysis',
          host: 'local',
          state: 'initialized',
          error: null,
          counters: {}
        }
      ],
      recordings: [{ node: 'disk', path: out }]
    })
    expect(summary.durationSeconds).toBeGreaterThanOrEqual(1)
    expect(summary.edges.map(({ from, to, delivery, lostSamples }) => ({ from, to, delivery, lostSamples }))).toEqual([
      { from: 'amp.signals', to: 'filter.signals', delivery: 'bestEffort', lostSamples: 0 },
      { from: 'amp.signals', to: 'disk.raw', delivery: 'complete', lostSamples: 0 },
      { from: 'filter.signals', to: 'disk.filtered', delivery: 'complete', lostSamples: 0 }
    ])
    const samples = edgeOf(program, 'disk.raw').samples
    expect(samples).toBeGreaterThan(500)
    expect(await recorded(out, 'raw')).toBe(samples)
    expect(await recorded(out, 'filtered')).toBe(edgeOf(program, 'disk.filtered').samples)
    expect(program.code).toBe(0)
    // The host goes on; what it had started for the run is gone.
    expect(host.program.end).toBeUndefined()
    await waitFor(
      async () => (await host.program.children()).filter((command) => command.includes('acquisition')).length === 0
    )
  })

  test('stops in order at Ctrl-C and keeps every sample', async () => {
    await using folder = await tempFolder()
    const graph = noiseGraph({ source: 'a', rest: 'b', more: { groups: { a: {}, b: {} } } })
    const out = join(folder.path, 'out')
    await using program = await nodeacq(['run', await graphFile(folder.path, graph), '--out', out, '--json'])
    await untilRecording(program, out)
    program.interrupt()
    const { code } = await program.exited
    expect(program.summary().ok).toBe(true)
    const { samples, lostSamples } = edgeOf(program, 'disk.raw')
    expect(lostSamples).toBe(0)
    expect(await recorded(out, 'raw')).toBe(samples)
    // The filter got and gave exactly what was recorded of its source.
    expect(edgeOf(program, 'filter.signals').samples).toBe(samples)
    expect(await recorded(out, 'filtered')).toBe(samples)
    expect(code).toBe(0)
    await program.nothingLeft()
  })

  test('ends at once at the second Ctrl-C', async () => {
    await using folder = await tempFolder()
    await copyFile(new URL('./fixtures/Stubborn.ts', import.meta.url), join(folder.path, 'Stubborn.ts'))
    const graph = noiseGraph({ more: { modules: ['./Stubborn.ts'] } })
    const stubborn = { type: 'Stubborn', inputs: { signals: 'amp.signals' } }
    const file = await graphFile(folder.path, { ...graph, nodes: { ...graph.nodes, stubborn } })
    await using program = await nodeacq(['run', file, '--out', join(folder.path, 'out'), '--json'])
    await untilTold(program, 'noise runs')
    program.interrupt()
    await untilTold(program, 'stopping')
    program.interrupt()
    const { code } = await program.exited
    expect(code).toBe(1)
    expect(program.summary().ok).toBe(false)
    // Whoever ended it need not be told that groups are gone and connections over.
    expect(program.errorText).toContain('ended at once: what was not on disk yet is lost')
    expect(program.errorText).not.toMatch(/the others go on|is over/)
    await program.nothingLeft()
  })

  test('goes on when a process is killed: told with the time, recording readable, exit code 1, nothing left', async () => {
    await using folder = await tempFolder()
    const more = { groups: { a: {}, b: {}, c: {} } }
    const graph = noiseGraph({ source: 'a', rest: 'b', more })
    const monitor = { type: 'StreamMonitor', group: 'c', inputs: { signals: 'filter.signals' } }
    const file = await graphFile(folder.path, { ...graph, nodes: { ...graph.nodes, monitor } })
    const out = join(folder.path, 'out')
    await using program = await nodeacq(['run', file, '--out', out, '--json'])
    await untilRecording(program, out)
    process.kill(await program.childPid('c'), 'SIGKILL')
    await untilTold(program, "node group 'c' died")
    expect(program.errorText).toMatch(
      /error: node group 'c' died: signal SIGKILL \(with monitor\), \d+ ms ago; the others go on/
    )
    const before = await stat(join(out, 'raw.raw'))
    await waitFor(async () => (await stat(join(out, 'raw.raw'))).size > before.size, { what: 'more data' })
    program.interrupt()
    const { code } = await program.exited
    const summary = program.summary()
    expect(summary.ok).toBe(false)
    expect(summary.nodes.map(({ name, state }) => [name, state])).toEqual([
      ['amp', 'initialized'],
      ['filter', 'initialized'],
      ['disk', 'initialized'],
      ['monitor', 'failed']
    ])
    expect(summary.nodes[3]!.error).toMatchObject({
      code: 'GROUP',
      message: expect.stringContaining('SIGKILL') as string
    })
    expect(await recorded(out, 'raw')).toBe(edgeOf(program, 'disk.raw').samples)
    expect(code).toBe(1)
    await program.nothingLeft()
  })

  test('keeps what a killed recorder had written, and ends when nothing is left that makes data', async () => {
    await using folder = await tempFolder()
    const graph = noiseGraph({ source: 'a', rest: 'a', more: { groups: { a: {}, b: {} } } })
    const monitor = { type: 'StreamMonitor', group: 'b', inputs: { signals: 'amp.signals' } }
    const out = join(folder.path, 'out')
    const file = await graphFile(folder.path, { ...graph, nodes: { ...graph.nodes, monitor } })
    await using program = await nodeacq(['run', file, '--out', out])
    await untilRecording(program, out)
    process.kill(await program.childPid('a'), 'SIGKILL')
    const { code } = await program.exited
    expect(code).toBe(1)
    expect((await recorded(out, 'raw')) > 0).toBe(true)
    expect(program.errorText).toContain('error: the run ends: nothing is left that makes data')
    expect(program.lines.at(-1)).toMatch(/^not ok: node 'amp' failed; node 'filter' failed; node 'disk' failed/)
    await program.nothingLeft()
  })

  test('ends by itself when a finite source has ended', async () => {
    await using folder = await tempFolder()
    const first = join(folder.path, 'first')
    await mkdir(first)
    const samples = Float32Array.from({ length: 4 * 5000 }, (_, k) => Math.sin(k))
    await writeFile(join(first, 'raw.raw'), samples)
    const raw = { dtype: 'float32', sample_rate: 1000, shape: [-1, 4], start_index: 0, streamtype: 'analogsignal' }
    await writeFile(join(first, 'stream_properties.json'), JSON.stringify({ pyacq_version: '0.2.0-dev', raw }))
    const { disk } = noiseGraph().nodes
    const replay = {
      nodes: {
        file: { type: 'FileReplay', configure: { file: first, pace: 'max', units: 'digital' } },
        disk: { ...disk, inputs: { raw: 'file.signals' } }
      }
    }
    const out = join(folder.path, 'second')
    await using program = await run(['run', await graphFile(folder.path, replay), '--out', out, '--json'])
    expect(program.errorText).not.toContain('error')
    expect(program.summary()).toMatchObject({ ok: true })
    const [copy, original] = [await readFile(join(out, 'raw.raw')), await readFile(join(first, 'raw.raw'))]
    expect(copy.equals(original)).toBe(true)
  })

  test('serves metrics, and tells an edge that falls silent and comes back', async () => {
    await using folder = await tempFolder()
    await copyFile(new URL('./fixtures/Napper.ts', import.meta.url), join(folder.path, 'Napper.ts'))
    const graph = noiseGraph({ more: { modules: ['./Napper.ts'] } })
    const napper = { type: 'Napper', configure: { nap: 7000 }, inputs: { signals: 'amp.signals' } }
    const file = await graphFile(folder.path, { ...graph, nodes: { ...graph.nodes, napper } })
    await using program = await nodeacq(['run', file, '--out', join(folder.path, 'out'), '--json', '--metrics'])
    await untilTold(program, 'noise runs')
    const url = /^metrics at (http:.*)$/m.exec(program.errorText)![1]!
    const scrape = async () => (await fetch(url)).text()
    expect(await scrape()).toContain('nodeacq_node_state{node="amp",type="NoiseGenerator",group="main"')

    await untilTold(program, 'warning: amp.signals → napper.signals is stalled: no data for ')
    const edge = 'nodeacq_edge_stalled{from="amp.signals",to="napper.signals",delivery="bestEffort",group="main"}'
    expect(await scrape()).toContain(`${edge} 1\n`)
    await untilTold(program, 'amp.signals → napper.signals brings data again after ')
    program.interrupt()
    expect(await program.exited).toEqual({ code: 0, signal: null })
    expect(program.errorText.match(/is stalled/g)).toHaveLength(1)
    expect(program.summary().edges.map(({ to, stalled }) => [to, stalled])).toEqual([
      ['filter.signals', false],
      ['disk.raw', false],
      ['disk.filtered', false],
      ['napper.signals', true]
    ])
    await expect(fetch(url)).rejects.toThrow('fetch failed')
  })

  test('tells the failure of a node of an own module at once; the others go on', async () => {
    await using folder = await tempFolder()
    await copyFile(new URL('./fixtures/Fuse.ts', import.meta.url), join(folder.path, 'Fuse.ts'))
    const graph = noiseGraph({ more: { modules: ['./Fuse.ts'] } })
    const fuse = { type: 'Fuse', configure: { samples: 100 }, inputs: { signals: 'amp.signals' } }
    const file = await graphFile(folder.path, { ...graph, nodes: { ...graph.nodes, fuse } })
    const out = join(folder.path, 'out')
    await using program = await run(['run', file, '--out', out, '--json', '--duration', '1'])
    expect(program.errorText).toMatch(/error: node 'fuse' failed \d+ ms ago: .*the fuse has blown/)
    expect(program.errorText.match(/the fuse has blown/g)).toHaveLength(1)
    const { ok, nodes } = program.summary()
    expect(ok).toBe(false)
    expect(nodes.map(({ name, state }) => [name, state])).toContainEqual(['fuse', 'failed'])
    expect(nodes.map(({ name, state }) => [name, state])).toContainEqual(['disk', 'initialized'])
    expect(program.summary().durationSeconds).toBeGreaterThanOrEqual(1)
    expect(program.code).toBe(1)
  })

  test('ends when a required stream has become impossible', async () => {
    await using folder = await tempFolder()
    await copyFile(new URL('./fixtures/Fuse.ts', import.meta.url), join(folder.path, 'Fuse.ts'))
    const graph = noiseGraph({ more: { modules: ['./Fuse.ts'], require: { streams: ['fuse.signals'] } } })
    const fuse = { type: 'Fuse', configure: { samples: 100 }, inputs: { signals: 'amp.signals' } }
    const file = await graphFile(folder.path, { ...graph, nodes: { ...graph.nodes, fuse } })
    await using program = await run(['run', file, '--out', join(folder.path, 'out'), '--json'])
    expect(program.errorText).toContain('error: the run ends: the required stream fuse.signals is gone')
    expect(program.code).toBe(1)
  })

  test('refuses to start when the recording contract does not hold', async () => {
    await using folder = await tempFolder()
    const require = { streams: ['amp.signals', { stream: 'filter.signals', sampleRate: 500 }], diskFreeMinutes: 1e9 }
    const file = await graphFile(folder.path, noiseGraph({ more: { require } }))
    await using program = await run(['run', file, '--out', join(folder.path, 'out'), '--json'])
    expect(program.errorText).toMatch(/require: filter.signals has 2000 Hz, expected 500 Hz/)
    expect(program.errorText).toMatch(
      /require: .* has room for \d+ minutes \(.* free, 64.0 kB\/s\), expected 1000000000 minutes/
    )
    expect([program.code, program.lines]).toEqual([1, []])
  })

  test('that could not begin leaves no empty folder', async () => {
    await using folder = await tempFolder()
    const graph = noiseGraph()
    const disk = { ...graph.nodes.disk, configure: { folder: '/no/such/parent' } }
    const monitor = { type: 'StreamMonitor', inputs: { signals: 'amp.signals' } }
    const out = { type: 'RawRecorder', configure: { folder: '${out}' }, inputs: { raw: 'amp.signals' } }
    const file = await graphFile(folder.path, { ...graph, nodes: { ...graph.nodes, monitor, disk, out } })
    await using program = await run(['run', file, '--out', join(folder.path, 'out'), '--quiet'])
    expect(program.errorText).toMatch(/node 'disk' .*its parent \/no\/such is no folder/)
    expect(program.code).toBe(1)
    expect(await readdir(folder.path)).toEqual(['graph.yaml'])
  })

  test('refuses to record over a recording', async () => {
    await using folder = await tempFolder()
    const file = await graphFile(folder.path, noiseGraph())
    const out = join(folder.path, 'out')
    await mkdir(out)
    await writeFile(join(out, 'raw.raw'), '')
    await using program = await run(['run', file, '--out', out, '--quiet'])
    expect(program.errorText).toMatch(
      /^error: .*graph.yaml:\d+:\d+: node 'disk' \(RawRecorder in group main\): configure: .*choose another/
    )
    expect(program.errorLines).toHaveLength(1)
    expect(program.code).toBe(1)
  })

  test('names a host that cannot be reached in one line, without a trace', async () => {
    await using folder = await tempFolder()
    const more = { hosts: { lab: 'tcp://127.0.0.1:9' }, groups: { far: { host: 'lab' } } }
    const file = await graphFile(folder.path, noiseGraph({ source: 'far', more }))
    await using program = await run(['run', file, '--out', join(folder.path, 'out')])
    expect(program.errorLines).toHaveLength(1)
    expect(program.errorText).toMatch(
      /^error: .*graph.yaml:\d+:\d+: host 'lab': host tcp:\/\/127.0.0.1:9: .*host_server/
    )
    expect([program.code, program.lines]).toEqual([1, []])
  })
})

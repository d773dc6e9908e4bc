import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { openSampleFile } from '@nodeacq/nodes'
import { InputStream, type WireParams } from '@nodeacq/stream'
import { tempFolder, waitFor } from 'testing'
import { describe, expect, test } from 'vitest'
import type { Output } from '../src/commands/Output.ts'
import { main } from '../src/program.ts'
import type { ReplayReport } from '../src/replay/compareRecording.ts'
import { graphFile, nodeacq } from '../test/programs.ts'

/** Runs a command in this process. */
async function command(...args: readonly string[]) {
  const texts = ['', '']
  const [stdout, stderr] = [0, 1].map(
    (k) => new Writable({ write: (chunk: Buffer, _encoding, done) => ((texts[k] += chunk.toString()), done()) })
  )
  const code = await main(args, { stdout, stderr } as unknown as Output)
  return { code, text: texts[0]!.trimEnd(), errorText: texts[1]!.trimEnd() }
}

const GRAPH = {
  name: 'session',
  groups: { devices: {}, analysis: {} },
  nodes: {
    amp: { type: 'NoiseGenerator', group: 'devices', configure: { channelCount: 4, sampleRate: 2000, seed: 1 } },
    filter: {
      type: 'SosFilter',
      group: 'analysis',
      configure: { design: { type: 'butter', order: 4, band: 'bandpass', frequencies: [1, 40] } },
      inputs: { signals: { from: 'amp.signals', delivery: 'complete' } }
    },
    marks: {
      type: 'AnalogTrigger',
      group: 'analysis',
      params: { threshold: 2 },
      inputs: { signals: { from: 'amp.signals', delivery: 'complete' } }
    },
    disk: {
      type: 'Recorder',
      group: 'analysis',
      configure: { file: '${out}/session.mcap', certificate: false },
      inputs: { raw: 'amp.signals', filtered: 'filter.signals', marks: 'marks.events' }
    }
  }
}

/** A recording of a second, and the graph file that made it. */
async function record(folder: string): Promise<{ file: string; graph: string }> {
  const graph = await graphFile(folder, GRAPH)
  expect(await command('run', graph, '--duration', '1', '--out', folder, '--quiet')).toMatchObject({ code: 0 })
  return { file: join(folder, 'session.mcap'), graph }
}

describe('nodeacq replay', () => {
  test('a graph that runs again on its recording computes what was recorded; a changed one is told from which sample on', async () => {
    await using folder = await tempFolder()
    const { file, graph } = await record(folder.path)
    const same = await command('replay', file, '--compare', '--json')
    expect(same.errorText).toBe('')
    const report = JSON.parse(same.text) as ReplayReport
    expect(report).toMatchObject({ ok: true, graph: 'session', skipped: [] })
    expect(report.streams.map(({ stream, different, missing }) => [stream, different, missing])).toEqual([
      ['filtered', 0, 0],
      ['marks', 0, 0]
    ])
    expect(report.streams.every(({ samples }) => samples > 10)).toBe(true)
    expect(same.code).toBe(0)

    const changed = join(folder.path, 'changed.yaml')
    await writeFile(changed, (await readFile(graph, 'utf8')).replace('"threshold": 2', '"threshold": 2.5'))
    const set = 'nodes.filter.configure.design.order=2'
    const other = await command('replay', file, '--compare', '--graph', changed, '--set', set)
    expect(other.code).toBe(1)
    expect(other.text).toMatch(/differs {2}filtered \(filter.signals\): [\d,]+ of [\d,]+ samples/)
    expect(other.text).toMatch(/first at sample 0, channel ch0: recorded -?[\d.e-]+, recomputed -?[\d.e-]+; last at/)
    expect(other.text).toMatch(/differs {2}marks \(marks.events\)/)
    expect(other.text).toContain("'session' does not compute what was recorded: 2 of 2 differ")
  }, 60_000)

  test('a recording that keeps no graph, or another than the one given, is refused', async () => {
    await using folder = await tempFolder()
    const { file } = await record(folder.path)
    const raw = { raw: { type: 'NoiseGenerator' }, sink: { type: 'StreamMonitor', inputs: { signals: 'raw.signals' } } }
    const graph = await graphFile(folder.path, { nodes: raw }, 'other.yaml')
    expect(await command('replay', file, '--compare', '--graph', graph)).toMatchObject({ code: 2 })
    expect((await command('replay', graph, '--compare')).errorText).toMatch(/unknown format/)
    expect((await command('replay', join(folder.path, 'none.mcap'))).errorText).toMatch(/none.mcap.*readable file/)
  }, 60_000)

  test('plays to whoever connects, again and again, until Ctrl-C', async () => {
    await using folder = await tempFolder()
    const { file } = await record(folder.path)
    await using program = await nodeacq(['replay', file, '--loop', '--speed', '2', '--from', '0.2', '--json'])
    await waitFor(() => program.lines[0], { timeout: 40_000, what: 'the streams' })
    const { outputs } = JSON.parse(program.lines[0]!) as { outputs: { name: string; params: WireParams }[] }
    expect(outputs.map(({ name }) => name)).toEqual(['signals', 'filtered', 'events'])
    await using recording = await openSampleFile(file)
    const { sampleCount } = recording.streams[0]!
    await using input = new InputStream()
    await input.connect(outputs[0]!.params)
    let last = 0
    input.onData(({ index }) => (last = index))
    await waitFor(() => last > 2 * sampleCount, { what: () => `the third pass, at ${last} of ${sampleCount}` })
    program.interrupt()
    expect((await program.exited).code).toBe(0)
  }, 60_000)
})

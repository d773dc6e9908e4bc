import { createManager, startHost } from '@nodeacq/core'
import '@nodeacq/nodes'
import { InputStream } from '@nodeacq/stream'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startProcess, tempFolder } from 'testing'
import { expect, test } from 'vitest'
import { runPython } from './python.ts'

const data = process.env['NODEACQ_TEST_DATA']
const cli = new URL('../../packages/nodeacq/bin/nodeacq.js', import.meta.url)
const hostServer = new URL('../../packages/nodeacq/bin/host_server.js', import.meta.url)

// Butterworth high-pass, 2nd order, at a hundredth of the rate.
const SOS =
  '[[0.9565432255568768, -1.9130864511137535, 0.9565432255568768, 1, -1.9111970674260732, 0.9149758348014339]]'

interface Summary {
  ok: boolean
  nodes: { name: string; state: string; error: unknown }[]
  edges: { from: string; to: string; samples: number; lostSamples: number }[]
  recordings: { node: string; path: string }[]
}

/** A file through a host server: replay → filter → recorder in other processes, unfiltered beside it. */
function graph(file: string, options: { units: string; pace: string; host: string }): string {
  return `
name: replay
hosts: { lab: '${options.host}' }
groups: { source: { host: lab }, work: {}, disk: {} }
nodes:
  replay: { type: FileReplay, group: source, configure: { file: '${file}', pace: ${options.pace}, units: ${options.units} } }
  filter: { type: SosFilter, group: work, configure: { coefficients: ${SOS} }, inputs: { signals: replay.signals } }
  disk:
    type: RawRecorder
    group: disk
    configure: { folder: '\${out}/recording' }
    inputs: { unfiltered: replay.signals, filtered: filter.signals }
`
}

async function runGraph(yaml: string, folder: string): Promise<Summary> {
  const file = join(folder, 'graph.yaml')
  await writeFile(file, yaml)
  await using run = await startProcess(cli, ['run', file, '--json', '--out', join(folder, 'out')])
  const { code } = await run.exited
  if (code !== 0) throw new Error(`exit code ${code}:\n${run.errorLines.join('\n')}`)
  return JSON.parse(run.lines.join('\n')) as Summary
}

for (const name of ['test.edf', 'test.bdf', 'test.vhdr']) {
  for (const units of ['physical', 'digital']) {
    test.skipIf(!data)(`${name}, ${units}, replayed as fast as it goes, is recorded exactly`, async () => {
      await using folder = await tempFolder()
      await using host = await startProcess(hostServer, ['tcp://127.0.0.1:*'])
      const yaml = graph(join(data!, name), { units, pace: 'max', host: await host.line('tcp://') })
      const summary = await runGraph(yaml, folder.path)
      expect(summary.ok).toBe(true)
      expect(summary.edges.map((edge) => edge.lostSamples)).toEqual(summary.edges.map(() => 0))
      const [recording] = summary.recordings
      const lines = await runPython('compare_recording.py', [
        join(data!, name),
        join(folder.path, 'out/recording'),
        'unfiltered',
        units
      ])
      console.log(`${name} ${units}: ${lines.join('; ')}`)
      expect(recording?.node).toBe('disk')
    })
  }
}

test.skipIf(!data)('at realtime the rate is right within 0.1 % over 10 s, and nothing is lost', async () => {
  await using host = await startHost({})
  await using manager = await createManager()
  const group = await manager.createNodeGroup({ host: await manager.addHost(host.address) })
  const replay = await group.createNode('FileReplay', { name: 'replay' })
  await replay.configure({ file: join(data!, 'test.edf'), pace: 'realtime', loop: true })
  await replay.initialize()
  await using input = new InputStream()
  await input.connect(replay.outputs['signals']!, { delivery: 'complete' })
  const { sampleRate } = input.info
  const arrivals: [seconds: number, index: number][] = []
  await replay.start()
  for await (const { index } of input.chunks()) {
    arrivals.push([performance.now() / 1000, index])
    if (index >= 10 * sampleRate) break
  }
  const error = rateError(arrivals, sampleRate)
  console.log(`realtime at ${sampleRate} Hz: the rate is ${(error * 100).toFixed(4)} % off over 10 s`)
  expect(Math.abs(error)).toBeLessThan(0.001)
  expect(input.status()).toMatchObject({ lostSamples: 0, duplicatedSamples: 0 })
  await replay.stop()
})

/**
 * How far the rate is off, as a fraction. A busy machine can make a chunk late and never early, so the earliest chunks
 * of the first and of the last fifth are held against each other.
 */
function rateError(arrivals: readonly (readonly [seconds: number, index: number])[], sampleRate: number): number {
  const fifth = Math.floor(arrivals.length / 5)
  const delay = ([seconds, index]: readonly [number, number]) => seconds - index / sampleRate
  const earliest = (part: typeof arrivals) => part.reduce((best, one) => (delay(one) < delay(best) ? one : best))
  const first = earliest(arrivals.slice(0, fifth))
  const last = earliest(arrivals.slice(-fifth))
  return (delay(first) - delay(last)) / (last[0] - first[0])
}

if (!data) console.log('replay of real recordings is skipped: NODEACQ_TEST_DATA does not name their folder')

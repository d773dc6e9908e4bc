/**
 * `npm start`: a small laboratory on this machine, for a few seconds.
 *
 * ```
 *   host_server process ──starts──► group `acquisition`: amp (noise)
 *                                      ║ amp.signals
 *   nodeacq run process ──starts──► group `analysis`: filter ═► disk (recorder), monitor
 * ```
 * It ends by itself, with a summary and the path of the recording; with `--keep` it runs until Ctrl-C. Meanwhile the link that
 * it prints shows the signals of `amp` in the browser.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const SECONDS = 5

/** JSON is YAML too; the README has a graph file as one writes it by hand. */
const graphFor = (hostAddress: string) => ({
  name: 'start',
  hosts: { lab: hostAddress },
  groups: { acquisition: { host: 'lab' }, analysis: {} },
  nodes: {
    amp: {
      type: 'NoiseGenerator',
      group: 'acquisition',
      configure: { channelCount: 8, sampleRate: 1000, chunkSize: 20 }
    },
    filter: {
      type: 'SosFilter',
      group: 'analysis',
      configure: { coefficients: LOW_PASS },
      inputs: { signals: 'amp.signals' }
    },
    disk: {
      type: 'RawRecorder',
      group: 'analysis',
      configure: { folder: '${out}' },
      inputs: { raw: 'amp.signals', filtered: 'filter.signals' }
    },
    monitor: { type: 'StreamMonitor', group: 'analysis', inputs: { signals: 'filter.signals' } }
  }
})

/** Butterworth low pass of order 2 at a tenth of the sample rate: b0 b1 b2 a0 a1 a2. */
const LOW_PASS = [[0.06745527, 0.13491055, 0.06745527, 1, -1.1429805, 0.4128016]]

const BIN = fileURLToPath(new URL('../packages/nodeacq/bin/', import.meta.url))

function startProgram(name: string, args: readonly string[], stdout: 'pipe' | 'inherit'): ChildProcess {
  return spawn(process.execPath, [join(BIN, `${name}.js`), ...args], { stdio: ['ignore', stdout, 'inherit'] })
}

async function firstLine(program: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: program.stdout! })) return line
  throw new Error('host_server ended without telling its address')
}

const folder = await mkdtemp(join(tmpdir(), 'nodeacq-start-'))
const host = startProgram('host_server', ['tcp://127.0.0.1:*', '--name', 'lab'], 'pipe')
try {
  const address = await firstLine(host)
  console.log(`host_server listens on ${address}`)
  const file = join(folder, 'start.yaml')
  await writeFile(file, JSON.stringify(graphFor(address), null, 2))
  const isKept = process.argv.includes('--keep')
  if (!isKept) console.log('npm start -- --keep leaves it running, to be looked at in the browser')
  const time = isKept ? [] : ['--duration', String(SECONDS)]
  const run = startProgram('nodeacq', ['run', file, '--view', ...time], 'inherit')
  // Ctrl-C reaches the run too; its end is ours.
  process.on('SIGINT', () => undefined)
  const [code] = (await once(run, 'exit')) as [number | null]
  process.exitCode = code ?? 1
} finally {
  if (host.exitCode === null && host.kill('SIGTERM')) await once(host, 'exit')
  await rm(folder, { recursive: true })
}

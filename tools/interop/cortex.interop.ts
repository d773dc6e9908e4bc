import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { promisify } from 'node:util'
import { CortexSimulator } from '@nodeacq/nodes'
import { tempFolder } from 'testing'
import { expect, test } from 'vitest'
import { PYTHON, runPython } from './python.ts'

const hasClient = await promisify(execFile)(PYTHON, [
  '-c',
  'import websockets, importlib.util as u; assert u.find_spec("cortex2")'
]).then(
  () => true,
  () => false
)
if (!hasClient) console.log(`skipped: the Python client of Cortex: ${PYTHON} has no package 'cortex2'`)

interface Report {
  readonly authorized: boolean
  readonly connected: readonly string[]
  readonly session: { readonly id: string; readonly status: string }
  readonly profile: { readonly name: string }
  readonly marker: { readonly marker: { readonly label: string } }
  readonly records: { readonly count: number }
  readonly subscribed: { readonly failure: readonly unknown[] }
  readonly handled: number
  readonly counters: readonly number[]
  readonly motion: readonly number[]
  readonly closed: { readonly status: string }
}

test.skipIf(!hasClient)(
  'the unmodified Python client works with the simulator, call by call and with streams',
  async () => {
    await using folder = await tempFolder()
    await using simulator = await CortexSimulator.start({ exports: folder.path })
    const methods: string[] = []
    simulator.onCall = (method) => methods.push(method)
    const lines = await runPython('cortex_session.py', [simulator.address, 'CLIENT_ID', 'CLIENT_SECRET', folder.path])
    const report = JSON.parse(lines.find((line) => line.startsWith('REPORT '))!.slice('REPORT '.length)) as Report
    expect(report).toMatchObject({
      authorized: true,
      connected: ['EPOCX-E2020001'],
      session: { status: 'activated' },
      profile: { name: 'python' },
      marker: { marker: { label: 'target' } },
      records: { count: 1 },
      subscribed: { failure: [] },
      closed: { status: 'closed' }
    })
    expect(simulator.model.loaded.get('EPOCX-E2020001')!.settings.activeActions).toEqual(['push', 'pull'])
    expect((await readdir(folder.path)).some((name) => name.endsWith('.csv'))).toBe(true)
    expect(methods).toEqual(expect.arrayContaining(['exportRecord', 'training']))
    expect(report.handled).toBeGreaterThan(100)
    const first = report.counters[0]!
    expect(report.counters).toEqual(report.counters.map((_, k) => (first + k) % 256))
    expect(report.motion.length).toBeGreaterThan(20)
  }
)

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A program of the real pyacq that prints one line when it is ready. */
export interface PyacqPeer extends AsyncDisposable {
  readonly address: string
}

/**
 * Starts a server of the real pyacq when `PYACQ_SRC` names a checkout of it (`PYACQ_PYTHON` the interpreter that has
 * its packages); null otherwise.
 */
async function startPyacqDemo(): Promise<PyacqPeer | null> {
  const source = pyacqSource()
  if (source === undefined) return null
  const child = startScript(source, 'real_pyacq_demo.py')
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const [address] = (await new Promise<string[]>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve([line]))
    void exited.then(() => reject(new Error('the pyacq server did not start; is PYACQ_PYTHON right?')))
  })) as [string]
  return {
    address,
    [Symbol.asyncDispose]: () => {
      child.kill('SIGKILL')
      return exited
    }
  }
}

/** The checkout of pyacq to compare with. */
export function pyacqSource(): string | undefined {
  return process.env['PYACQ_SRC'] || undefined
}

/** Starts a script of `tools/interop/python` with the pyacq of that checkout. */
export function startScript(source: string, script: string, args: readonly string[] = []) {
  const file = fileURLToPath(new URL(`../interop/python/${script}`, import.meta.url))
  return spawn(process.env['PYACQ_PYTHON'] ?? 'python3', [file, ...args], {
    env: { ...process.env, PYTHONPATH: source, PYQTGRAPH_QT_LIB: 'PyQt5', QT_QPA_PLATFORM: 'offscreen' },
    stdio: ['pipe', 'pipe', 'ignore']
  })
}

async function runPyacq(script: string, args: readonly string[]): Promise<string[]> {
  const child = startScript(process.env['PYACQ_SRC'] ?? '', script, args)
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) lines.push(line)
  return lines
}

/** Calls per second of the real pyacq on both ends; null without `PYACQ_SRC`. */
export async function measurePyacqRpc(count: number, depth: number): Promise<{ single: number; many: number } | null> {
  await using server = await startPyacqDemo()
  if (!server) return null
  const lines = await runPyacq('real_pyacq_client.py', [server.address, String(count), String(depth)])
  return JSON.parse(lines.at(-1) ?? '') as { single: number; many: number }
}

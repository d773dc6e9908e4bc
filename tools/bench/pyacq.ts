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
export async function startPyacqDemo(): Promise<(PyacqPeer & AsyncDisposable) | null> {
  const source = process.env['PYACQ_SRC']
  if (!source) return null
  const script = fileURLToPath(new URL('../interop/python/real_pyacq_demo.py', import.meta.url))
  const child = spawn(process.env['PYACQ_PYTHON'] ?? 'python3', [script], {
    env: { ...process.env, PYTHONPATH: source, PYQTGRAPH_QT_LIB: 'PyQt5', QT_QPA_PLATFORM: 'offscreen' },
    stdio: ['pipe', 'pipe', 'ignore']
  })
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

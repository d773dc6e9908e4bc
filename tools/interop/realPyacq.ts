import { spawnProcess } from '@nodeacq/rpc'

/** A checkout of the real pyacq; undefined where PYACQ_SRC names none. */
export const pyacqSource = process.env['PYACQ_SRC']
const command = process.env['PYACQ_PYTHON'] ?? 'python3'

/** Everything pyacq has; what a call takes and gives is Python's. */
export type Python = Record<string, (...args: unknown[]) => Promise<Record<string, never>>> & { '~proxied': never }

/** A process of the real pyacq that serves calls. */
export function startPyacq(name: string) {
  const env = { PYTHONPATH: pyacqSource!, PYQTGRAPH_QT_LIB: 'PyQt5', QT_QPA_PLATFORM: 'offscreen' }
  return spawnProcess({ name, entry: { command, args: [] }, env, startTimeout: 30_000 })
}

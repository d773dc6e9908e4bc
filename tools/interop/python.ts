import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startCommand, type TestProcess } from 'testing'

const FOLDER = fileURLToPath(new URL('./python/', import.meta.url))

/** The interpreter with the packages of requirements.txt. */
export const PYTHON = process.env['NODEACQ_PYTHON'] ?? 'python3'

/** Environment in which `peer` can be imported, and a stand-in for `pyacq` that serves as a child process. */
export const PYTHON_ENV = { PYTHONPATH: [FOLDER, `${FOLDER}standin`].join(delimiter), PYTHONUNBUFFERED: '1' }

/** Starts one of the scripts of `python/`. */
export function startPython(script: string, args: readonly string[] = []): Promise<TestProcess> {
  return startCommand(PYTHON, [`${FOLDER}${script}`, ...args], { env: PYTHON_ENV })
}

/** Runs a script to its end. @throws {Error} with everything it wrote when its exit code is not 0. */
export async function runPython(script: string, args: readonly string[] = []): Promise<readonly string[]> {
  await using python = await startPython(script, args)
  const { code, signal } = await python.exited
  if (code !== 0) {
    throw new Error(`${script} ended with ${signal ?? code}:\n${[...python.lines, ...python.errorLines].join('\n')}`)
  }
  return python.lines
}

/** Writes one line of JSON to a script's standard input. */
export function tell(python: TestProcess, order: unknown): void {
  python.input.write(`${JSON.stringify(order)}\n`)
}

import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from './command.ts'
import { ROOT } from './workspace.ts'

const FOLDER = join(ROOT, '.venv')
const REQUIREMENTS = join(ROOT, 'tools', 'interop', 'requirements.txt')
/** Copy of the requirements that were installed last. */
const INSTALLED = join(FOLDER, 'installed.txt')

/**
 * Path of a Python that has what `tools/interop/requirements.txt` lists: the one that NODEACQ_PYTHON names, else a
 * virtual environment in `.venv`, made or brought up to date when needed. As root on Debian it also installs Python.
 * @throws {Error} when there is no Python and no way to get one.
 */
export async function ensurePython(): Promise<string> {
  const chosen = process.env['NODEACQ_PYTHON']
  if (chosen !== undefined && chosen !== '') return chosen
  const python = join(FOLDER, 'bin', 'python')
  const requirements = await readFile(REQUIREMENTS, 'utf8')
  if (existsSync(python) && (await readFile(INSTALLED, 'utf8').catch(() => '')) === requirements) return python
  if (!(await makeEnvironment())) {
    await installPython()
    if (!(await makeEnvironment())) throw new Error('python3 -m venv fails, also after python3-venv was installed')
  }
  await must(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', REQUIREMENTS])
  await writeFile(INSTALLED, requirements)
  return python
}

async function makeEnvironment(): Promise<boolean> {
  return (await runCommand('python3', ['-m', 'venv', '--clear', FOLDER])).code === 0
}

async function installPython(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('this needs python3 with its venv module; please install python3-venv')
  await must('apt-get', ['update', '-qq'])
  await must('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'python3', 'python3-venv'])
}

async function must(command: string, args: readonly string[]): Promise<void> {
  const { code, output } = await runCommand(command, args, { env: { DEBIAN_FRONTEND: 'noninteractive' } })
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: exit ${code}\n${output}`)
}

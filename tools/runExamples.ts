/**
 * Runs every `examples/NN-*`: TypeScript with Node, Python with a manager's address as its argument, graph files with
 * `nodeacq run`. An example passes when it ends with exit code 0 within the watchdog and leaves no process behind.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { missingPrograms, PulseServer, RUN_VARIABLE, startCommand, strayProcesses, waitFor } from 'testing'
import { runCommand } from './command.ts'
import { ensurePython } from './python.ts'
import { Tally } from './Tally.ts'
import { ROOT } from './workspace.ts'

const EXAMPLES = join(ROOT, 'examples')
/** ms an example may take. */
const WATCHDOG = 60_000
/** ms that its processes get to end after it. */
const GRACE = 5_000
/** Seconds a graph runs. */
const DURATION = 3
const NODEACQ = join(ROOT, 'node_modules', '.bin', 'nodeacq')

/** What examples need of the system: programs, and perhaps a device that the run makes. */
const NEEDS: Readonly<Record<string, { programs: readonly string[]; device?: () => Promise<AsyncDisposable> }>> = {
  '08-sound-level.ts': {
    programs: ['pulseaudio', 'pactl', 'parec'],
    device: () => PulseServer.start('sink_name=null0')
  },
  '09-camera.ts': { programs: ['ffmpeg', 'ffprobe'] }
}

interface Place {
  /** Working directory, empty: examples that record write here. */
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
}

async function must(command: string, args: readonly string[], { folder, env }: Place): Promise<void> {
  const { code, output, timedOut } = await runCommand(command, args, { cwd: folder, env, timeout: WATCHDOG })
  if (code !== 0) throw new Error(`${timedOut ? `no end after ${WATCHDOG / 1000} s` : `exit ${code}`}\n${output}`)
}

async function runPython(file: string, place: Place): Promise<void> {
  const python = await ensurePython()
  const { folder: cwd, env } = place
  await using manager = await startCommand(NODEACQ, ['manager', 'tcp://127.0.0.1:*'], { cwd, env })
  await waitFor(() => manager.lines.length > 0 || manager.end, { what: 'the manager to tell its address' })
  const address = /tcp:\/\/\S+/.exec(manager.lines[0] ?? '')?.[0]
  if (address === undefined) {
    const wrote = [...manager.lines, ...manager.errorLines].join('\n')
    throw new Error(`nodeacq manager: the first line of stdout should hold its address, got:\n${wrote}`)
  }
  await must(python, [file, address], place)
}

/** How to run a file, by its extension; undefined for what is no example by itself. */
function runnerOf(file: string): ((place: Place) => Promise<void>) | undefined {
  switch (extname(file)) {
    case '.ts':
      return (place) => must('node', ['--conditions=nodeacq-source', file], place)
    case '.py':
      return (place) => runPython(file, place)
    case '.yaml':
      return (place) =>
        must(NODEACQ, ['run', file, '--duration', String(DURATION), '--out', join(place.folder, 'out')], place)
    default:
      return undefined
  }
}

async function runExample(name: string, run: (place: Place) => Promise<void>): Promise<void> {
  await using _device = await NEEDS[name]?.device?.()
  const folder = await mkdtemp(join(tmpdir(), 'nodeacq-example-'))
  const mark = `${process.env[RUN_VARIABLE] ?? process.pid}/${name}`
  try {
    await run({ folder, env: { [RUN_VARIABLE]: mark } })
  } finally {
    await requireNoStrays(mark)
    await rm(folder, { recursive: true, force: true })
  }
}

async function requireNoStrays(mark: string): Promise<void> {
  const isClean = async () => (await strayProcesses(mark)).length === 0
  await waitFor(isClean, { timeout: GRACE }).catch(async () => {
    const strays = await strayProcesses(mark)
    for (const { pid } of strays) process.kill(pid, 'SIGKILL')
    if (strays.length > 0)
      throw new Error(`left behind:\n${strays.map(({ pid, command }) => `${pid} ${command}`).join('\n')}`)
  })
}

const tally = new Tally()
const chosen = process.argv[2] ?? ''
const names = (await readdir(EXAMPLES).catch(() => [])).filter((name) => /^\d\d-/.test(name)).toSorted()
for (const name of names.filter((one) => one.startsWith(chosen))) {
  const run = runnerOf(join(EXAMPLES, name))
  if (run === undefined) continue
  const missing = await missingPrograms(name, ...(NEEDS[name]?.programs ?? []))
  if (missing === undefined) await tally.check(name, () => runExample(name, run))
  else tally.skip(name, missing)
}
tally.close()

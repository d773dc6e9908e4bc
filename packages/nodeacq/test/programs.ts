import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RUN_VARIABLE, strayProcesses, TestProcess, waitFor } from 'testing'
import type { RunSummary } from '../src/run/RunSummary.ts'

const BIN = fileURLToPath(new URL('../bin/', import.meta.url))

/** A program of this package in a group of processes of its own, as a terminal makes one, with a mark of its own. */
export class Program extends TestProcess {
  readonly #run: string

  constructor(child: ConstructorParameters<typeof TestProcess>[0], pid: number, run: string) {
    super(child, pid)
    this.#run = run
  }

  /** What Ctrl-C does: every process of the group gets the signal. */
  interrupt(): void {
    process.kill(-this.pid, 'SIGINT')
  }

  /** Pid of the child process with that name. */
  childPid(name: string): Promise<number> {
    const find = async () => (await strayProcesses(this.#run)).find(({ command }) => command.endsWith(` ${name}`))?.pid
    return waitFor(find, { what: `the process of '${name}'` })
  }

  /** Processes that this program started and that still live. */
  async children(): Promise<string[]> {
    return (await strayProcesses(this.#run)).filter(({ pid }) => pid !== this.pid).map(({ command }) => command)
  }

  /** Waits until nothing that this program started lives. What looks after its children outlives it by a moment. */
  async nothingLeft(): Promise<void> {
    let left: string[] = []
    const isGone = async () => (left = await this.children()).length === 0
    await waitFor(isGone, { what: () => `the end of ${left.join(', ')}` })
  }

  /** The one object on stdout. */
  summary(): RunSummary {
    if (this.lines.length !== 1)
      throw new Error(`expected one line on stdout, got:\n${this.lines.join('\n')}\n${this.errorText}`)
    return JSON.parse(this.lines[0]!) as RunSummary
  }

  get errorText(): string {
    return this.errorLines.join('\n')
  }
}

let count = 0

async function start(name: string, args: readonly string[], cwd: string | undefined): Promise<Program> {
  const run = `${process.env[RUN_VARIABLE] ?? 'single'}/program-${process.pid}-${++count}`
  const child = spawn(process.execPath, [join(BIN, `${name}.js`), ...args], {
    cwd,
    detached: true,
    env: { ...process.env, [RUN_VARIABLE]: run },
    stdio: ['pipe', 'pipe', 'pipe']
  })
  await once(child, 'spawn')
  child.stdin.on('error', () => undefined)
  return new Program(child, child.pid!, run)
}

/** Starts `nodeacq`. */
export function nodeacq(args: readonly string[], { cwd }: { cwd?: string } = {}): Promise<Program> {
  return start('nodeacq', args, cwd)
}

/** Starts `host_server` and waits for its address. */
export async function hostServer(args: readonly string[] = []): Promise<{ program: Program; address: string }> {
  const program = await start('host_server', args, undefined)
  return { program, address: await program.line(/^tcp:/) }
}

/** Runs `nodeacq` to its end. */
export async function run(
  args: readonly string[],
  options?: { cwd?: string }
): Promise<Program & { code: number | null }> {
  const program = await nodeacq(args, options)
  const { code } = await program.exited
  return Object.assign(program, { code })
}

/** Writes a graph file (JSON is YAML too) and gives its path. */
export async function graphFile(folder: string, graph: object, name = 'graph.yaml'): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, JSON.stringify(graph, null, 1))
  return path
}

/** Butterworth low pass of order 2 at a tenth of the sample rate. */
const LOW_PASS = [[0.06745527, 0.13491055, 0.06745527, 1, -1.1429805, 0.4128016]]

/** A noise generator, a filter and a recorder of both, in the groups given. */
export function noiseGraph({
  source = 'main',
  rest = 'main',
  more = {}
}: { source?: string; rest?: string; more?: object } = {}) {
  return {
    name: 'noise',
    nodes: {
      amp: {
        type: 'NoiseGenerator',
        group: source,
        configure: { channelCount: 4, sampleRate: 2000, chunkSize: 20, seed: 1 }
      },
      filter: {
        type: 'SosFilter',
        group: rest,
        configure: { coefficients: LOW_PASS },
        inputs: { signals: 'amp.signals' }
      },
      disk: {
        type: 'RawRecorder',
        group: rest,
        configure: { folder: '${out}' },
        inputs: { raw: 'amp.signals', filtered: 'filter.signals' }
      }
    },
    ...more
  }
}

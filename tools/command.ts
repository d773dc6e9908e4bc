import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { ROOT } from './workspace.ts'

export interface CommandOptions {
  /** Default: the repository. */
  cwd?: string
  env?: Readonly<Record<string, string | undefined>>
  /** Passes the output on while it comes. Default false: it is only collected. */
  echo?: boolean
  /** ms after which the command and what it started are killed. Default: never. */
  timeout?: number
}

export interface CommandResult {
  /** Exit code; 1 when a signal ended the command or it could not be started. */
  readonly code: number
  /** stdout and stderr in the order they came. */
  readonly output: string
  readonly seconds: number
  readonly timedOut: boolean
}

/** Signals that end this process, and with it the commands it runs. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The environment of this process with the repository's pinned tools first in PATH. */
function pinnedEnv(extra: Readonly<Record<string, string | undefined>> = {}): NodeJS.ProcessEnv {
  const bin = join(ROOT, 'node_modules', '.bin')
  return { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`, ...extra }
}

/** Runs a command to its end, with the pinned tools first in PATH. Never rejects: a failure is in the result. */
export async function runCommand(
  command: string,
  args: readonly string[],
  { cwd = ROOT, env = {}, echo = false, timeout }: CommandOptions = {}
): Promise<CommandResult> {
  const started = performance.now()
  // Its own process group, so that what the command started can be ended with it.
  const child = spawn(command, args, { cwd, env: pinnedEnv(env), stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const killGroup = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
  }
  const interrupt = () => {
    killGroup()
    process.exit(130)
  }
  for (const signal of STOP_SIGNALS) process.once(signal, interrupt)
  let output = ''
  let timedOut = false
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (echo) process.stdout.write(text)
    })
  }
  const watchdog =
    timeout === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true
          killGroup()
        }, timeout)
  const code = await new Promise<number>((resolve) => {
    child.once('error', (error) => {
      output += `${error.message}\n`
      resolve(1)
    })
    child.once('close', (exitCode) => resolve(exitCode ?? 1))
  })
  clearTimeout(watchdog)
  for (const signal of STOP_SIGNALS) process.off(signal, interrupt)
  return { code, output, seconds: (performance.now() - started) / 1000, timedOut }
}

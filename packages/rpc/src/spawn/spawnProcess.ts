import { fileURLToPath } from 'node:url'
import { ZmqSocket } from '@nodeacq/zmq'
import { RpcClient } from '../client/RpcClient.ts'
import { SpawnError } from '../errors.ts'
import { logAddress as ownLogAddress } from '../log/forwarding.ts'
import { getLogger } from '../log/Logger.ts'
import { levelNumber, logLevelNumber, type LogLevel } from '../log/levels.ts'
import { STATUS_ANSWER, bootstrapArguments, decodeStatus, encodeConfig, type BootstrapStatus } from './bootstrap.ts'
import { ChildProgram, type ExitReport } from './ChildProgram.ts'
import { SpawnedProcess } from './SpawnedProcess.ts'

/** A program that speaks the child's side of the handshake; `-m pyacq.core.rpc.bootstrap [NAME]` is appended. */
export interface ProcessEntry {
  /** Program, e.g. `process.execPath` or `python3`. */
  readonly command: string
  readonly args: readonly string[]
}

export interface SpawnOptions {
  /** Name of the process in log records. Default: the child's own, `process-<pid>`. */
  name?: string
  /** Where the child's RPC server listens. Default `tcp://127.0.0.1:*`. */
  address?: string
  /** The program to run. Default: a plain nodeacq process. */
  entry?: ProcessEntry
  /**
   * Where the child sends its log records; each line of its output then becomes a record here. null: nowhere, output
   * goes to this process's own. Default: `logAddress()`.
   */
  logAddress?: string | null
  /** Default: the level of this process. A number is Python's. */
  logLevel?: LogLevel | number
  /** Added to the environment of this process; undefined removes a variable. */
  env?: Readonly<Record<string, string | undefined>>
  /** Working directory of the child. Default: that of this process. */
  cwd?: string
  /** ms until the child must have reported its address. Default 10 000. */
  startTimeout?: number
  /** Called when the child has ended, for whatever reason. */
  onExit?: (exit: ExitReport) => void
}

const log = getLogger('nodeacq.spawn')

/**
 * Starts a process that serves RPC and resolves when its server answers. The process ends with this one, however this
 * one ends.
 * @throws {SpawnError} when the program is missing, ends early, reports an error (its trace is in the message), or is
 * not ready within `startTimeout`. It does not run then.
 */
export async function spawnProcess(options: SpawnOptions = {}): Promise<SpawnedProcess> {
  const { name, address = 'tcp://127.0.0.1:*', entry = plainEntry(), startTimeout = 10_000 } = options
  const { logAddress = ownLogAddress(), logLevel = logLevelNumber(), env = {}, cwd, onExit } = options
  await using socket = new ZmqSocket('pair', { linger: 1000 })
  const bootstrapAddress = await socket.bind('tcp://127.0.0.1:*')
  const args = [...entry.args, ...bootstrapArguments(name)]
  const program = new ChildProgram({ command: entry.command, args, name, env, cwd, logLines: logAddress !== null })
  const fail = (what: string, details: { trace?: readonly string[]; cause?: unknown } = {}) =>
    new SpawnError(`process ${name === undefined ? '' : `'${name}' `}(${entry.command}) ${what}`, {
      command: [entry.command, ...args],
      lastLines: program.lastLines,
      ...details
    })

  try {
    await program.started
  } catch (cause) {
    throw fail(`cannot be started: ${(cause as Error).message}`, { cause })
  }
  program.writeInput(
    encodeConfig({
      class_name: 'RPCServer',
      args: { address },
      bootstrap_addr: bootstrapAddress,
      loglevel: typeof logLevel === 'number' ? logLevel : levelNumber(logLevel),
      logaddr: logAddress,
      qt: false
    })
  )
  try {
    const outcome = await firstOutcome(program, socket, startTimeout)
    if (outcome === 'timeout') throw fail(`was not ready within ${startTimeout} ms`)
    if ('code' in outcome) throw fail(`ended before it was ready, ${outcome.signal ?? `with code ${outcome.code}`}`)
    void socket.send([STATUS_ANSWER])
    if ('error' in outcome) throw fail('reported an error', { trace: outcome.error })
    const client = await RpcClient.get(outcome.address).catch((cause: unknown) => {
      throw fail(`serves at ${outcome.address} but does not answer`, { cause })
    })
    const spawned = new SpawnedProcess(program, { name, client })
    if (onExit) {
      spawned.exited.then(onExit).catch((error: unknown) => log.error(`onExit of ${spawned.title} failed`, error))
    }
    log.debug(`${spawned.title} serves at ${outcome.address}`)
    return spawned
  } catch (error) {
    program.kill()
    throw error
  }
}

/** Waits for the child's status, its end, or the end of the time it has. */
async function firstOutcome(
  program: ChildProgram,
  socket: ZmqSocket,
  timeout: number
): Promise<BootstrapStatus | ExitReport | 'timeout'> {
  let timer: NodeJS.Timeout | undefined
  const expired = new Promise<'timeout'>((resolve) => (timer = setTimeout(resolve, timeout, 'timeout')))
  try {
    return await Promise.race([readStatus(socket), program.exited, expired])
  } finally {
    clearTimeout(timer)
  }
}

async function readStatus(socket: ZmqSocket): Promise<BootstrapStatus> {
  for await (const frames of socket) {
    const status = frames.length === 1 && frames[0] ? decodeStatus(frames[0]) : undefined
    if (status) return status
    log.warning(`a process that is starting sent something that is no status: ${frames.join(', ').slice(0, 200)}`)
  }
  // The socket was closed because the wait is over.
  return new Promise(() => undefined)
}

function plainEntry(): ProcessEntry {
  const fromSource = import.meta.url.endsWith('.ts')
  const main = fileURLToPath(new URL(fromSource ? '../child.ts' : '../child.js', import.meta.url))
  return { command: process.execPath, args: [...(fromSource ? ['--conditions=nodeacq-source'] : []), main] }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { text } from 'node:stream/consumers'
import { ZmqSocket } from '@nodeacq/zmq'
import { installCrashHandler } from '../log/crash.ts'
import { connectLogSender, flushLogs } from '../log/forwarding.ts'
import { getLogger } from '../log/Logger.ts'
import { setLogLevel } from '../log/levels.ts'
import { setProcessName } from '../log/names.ts'
import { RpcServer, type ServerOptions } from '../server/RpcServer.ts'
import {
  STATUS_PERIOD,
  STATUS_TIMEOUT,
  decodeConfig,
  encodeStatus,
  nameInArguments,
  traceOf,
  type BootstrapStatus
} from './bootstrap.ts'
import { installModuleHooks } from './moduleHooks.ts'
import { watchParent } from './parentWatch.ts'

export interface ChildOptions extends Pick<ServerOptions, 'dialect' | 'insecure' | 'advertise' | 'importRoots'> {
  /** Arguments that contain `-m pyacq.core.rpc.bootstrap [NAME]`. Default: those of this process. */
  argv?: readonly string[]
  /** Publishes what the process serves, before its parent hears that it is ready. What it throws is reported there. */
  onReady?: (server: RpcServer) => void | Promise<void>
  /** Ends what the process does, after its server has closed. */
  onClosed?: () => void | Promise<void>
}

/** ms for what still keeps a process alive whose server has closed. */
const EXIT_GRACE = 250

const log = getLogger('nodeacq.child')

/**
 * Body of a child program, started by `spawnProcess` or by a ProcessSpawner of Python: takes its settings from standard
 * input, starts the RPC server, tells the parent the address, serves until the server is closed, and ends the process
 * with code 0. The process ends at once when its parent is gone, and with code 1 after an error that nobody handled.
 * Ctrl-C in the terminal reaches the whole group of processes and is ignored here: the parent orders the stop.
 */
export async function runChild(options: ChildOptions = {}): Promise<void> {
  const { argv = process.argv.slice(2), onReady, onClosed, ...serverOptions } = options
  process.on('SIGINT', () => undefined)
  watchParent(() => process.exit(1))
  installCrashHandler()
  installModuleHooks()

  const config = decodeConfig(await text(process.stdin))
  const name = nameInArguments(argv)
  if (name !== undefined) setProcessName(name)
  setLogLevel(config.loglevel)
  if (config.logaddr !== null) connectLogSender(config.logaddr)
  log.debug(`new process, server at ${config.args.address}, log to ${config.logaddr ?? 'standard error'}`)

  let server: RpcServer | undefined
  let status: BootstrapStatus
  try {
    server = await RpcServer.start({ ...serverOptions, address: config.args.address, name })
    await onReady?.(server)
    status = { address: server.address }
  } catch (error) {
    log.error('this process cannot start its server', error)
    status = { error: traceOf(error) }
  }
  const answered = await report(config.bootstrap_addr, status)
  if ('error' in status) await server?.close()
  else if (answered) await server?.closed
  else log.error(`nobody took the status within ${STATUS_TIMEOUT} ms`)
  await onClosed?.()
  await flushLogs()
  exit(answered ? 0 : 1)
}

/** Repeats the status until the parent answers; false when it does not. */
async function report(address: string, status: BootstrapStatus): Promise<boolean> {
  await using socket = new ZmqSocket('pair')
  socket.connect(address)
  let answered = false
  const answer = socket.receive().then(
    () => (answered = true),
    () => undefined // closed below, unanswered
  )
  const deadline = performance.now() + STATUS_TIMEOUT
  const frame = encodeStatus(status)
  while (!answered && performance.now() < deadline) {
    // Refused when the socket closes with copies still waiting.
    socket.send([frame]).catch(() => undefined)
    await Promise.race([answer, sleep(STATUS_PERIOD)])
  }
  return answered
}

/**
 * Lets the process end by itself, which gives zeromq the time to send its last messages; what keeps it alive in spite
 * of its closed server is cut off.
 */
function exit(code: number): void {
  process.exitCode = code
  setTimeout(() => process.exit(), EXIT_GRACE).unref()
}

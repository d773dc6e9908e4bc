import '../standardTypes.ts'
import { getLogger, setLogLevel, type LogLevel } from '@nodeacq/rpc'
import {
  startHost,
  startManager,
  type Host,
  type Manager,
  type MetricsOptions,
  type RunningServer,
  type ServerOptions
} from '@nodeacq/core'
import type { Command } from 'commander'
import { resolve } from 'node:path'
import { logLevelOption, metricsOption, parseListenAddress } from './options.ts'
import { EXIT, type ExitCode, type Output } from './Output.ts'
import { aborted, StopSignals } from './StopSignals.ts'

interface ServeOptions {
  readonly insecure?: true
  readonly advertise?: string
  readonly modules?: string[]
  readonly name?: string
  readonly metrics?: MetricsOptions
  readonly logLevel: LogLevel
}

interface Server {
  readonly start: (options: ServerOptions) => Promise<RunningServer<Host | Manager>>
  /** `host_server`, `nodeacq manager`: begins the examples. */
  readonly command: string
}

/** `nodeacq host`, which is `host_server`: lets this machine take part in graphs. */
export function describeHost(command: Command, output: Output, done: (code: ExitCode) => void, called: string): void {
  command
    .summary('let this machine take part in graphs (host_server)')
    .description(
      'Starts a host server: managers connect to it and start node groups on this machine. Its address is the first line ' +
        'on standard output. Ctrl-C ends the groups in order, a second one at once.'
    )
    .option('--name <name>', 'name of the host (default: of the machine)')
  describeServer(command, output, done, { start: startHost, command: called })
}

/** `nodeacq manager`: a manager for other programs to drive. */
export function describeManager(command: Command, output: Output, done: (code: ExitCode) => void): void {
  command
    .summary('serve a manager for other programs to drive')
    .description(
      'Starts a manager. Its address is the first line on standard output; programs connect to it and drive it.'
    )
  describeServer(command, output, done, { start: startManager, command: 'nodeacq manager' })
}

function describeServer(command: Command, output: Output, done: (code: ExitCode) => void, server: Server): void {
  command
    .argument('[address]', 'where to listen; * as port is any free one', parseListenAddress, 'tcp://127.0.0.1:*')
    .option('--insecure', 'allow an address beyond loopback: whoever reaches it can run the node types of this machine')
    .option('--advertise <host>', 'name or IP that peers are told when the address is *')
    .option('--modules <dir...>', 'folders whose modules may be loaded (default: the working directory)')
    .addOption(metricsOption())
    .addOption(logLevelOption())
    .addHelpText(
      'after',
      `
Examples:
  $ ${server.command}
  $ ${server.command} tcp://10.0.0.53:8000 --insecure
  $ ${server.command} 'tcp://*:8000' --insecure --advertise lab3.local --modules ./my-nodes`
    )
    .action(async (address: string, options: ServeOptions) => {
      setLogLevel(options.logLevel)
      done(await serve(address, options, output, server.start))
    })
}

async function serve(
  address: string,
  options: ServeOptions,
  { stdout, stderr }: Output,
  start: Server['start']
): Promise<ExitCode> {
  const { insecure = false, advertise, modules, name, metrics } = options
  using signals = new StopSignals()
  const server = await start({
    address,
    insecure,
    ...(advertise !== undefined && { advertise }),
    ...(modules !== undefined && { importRoots: modules.map((folder) => resolve(folder)) }),
    ...(name !== undefined && { name })
  })
  try {
    if (metrics) stderr.write(`metrics at ${await server.served.serveMetrics({ ...metrics, insecure })}\n`)
  } catch (error) {
    await server.close()
    throw error
  }
  stdout.write(`${server.address}\n`)
  const first = aborted(signals.first)
  const second = aborted(signals.second)
  await Promise.race([first, server.closed])
  // On the second signal the process ends, and what it started ends with it.
  const isEnded = await Promise.race([server.close().then(() => true), second.then(() => false)])
  if (isEnded) return EXIT.ok
  getLogger('nodeacq').warning('ended before its groups were closed')
  return EXIT.notOk
}

import { deviceServers, type DeviceServerFlag, type DeviceServerType } from '@nodeacq/nodes'
import { setLogLevel } from '@nodeacq/rpc'
import { Option, type Command } from 'commander'
import { asArgument } from './asArgument.ts'
import { parsePort } from './options.ts'
import { EXIT, type ExitCode, type Output } from './Output.ts'
import { aborted, StopSignals } from './StopSignals.ts'

interface ServeOptions {
  readonly host: string
  readonly port: number
  readonly insecure?: true
  readonly verbose?: true
}

/** `nodeacq serve`: the servers that programs of other systems connect to. */
export function addServeCommand(program: Command, output: Output, done: (code: ExitCode) => void): void {
  const serve = program
    .command('serve')
    .summary('serve data to programs of other systems')
    .description('Starts a server that programs of other systems connect to.')
  for (const [name, type] of Object.entries(deviceServers)) describeServer(serve.command(name), type, output, done)
}

function describeServer(
  command: Command,
  type: DeviceServerType,
  output: Output,
  done: (code: ExitCode) => void
): void {
  command
    .summary(type.description)
    .description(`${type.description} Its address is the first line on standard output. Ctrl-C ends it.`)
    .option('--host <host>', 'where to listen', '127.0.0.1')
    .option('--port <n>', 'port to listen on; 0 for any free one', parsePort, type.defaultPort)
    .option('--insecure', 'allow a host beyond loopback: whoever reaches it can use the server')
    .option('--verbose', 'log what comes and goes, on standard error')
  for (const flag of type.flags) command.addOption(optionOf(flag))
  command
    .addHelpText('after', `\nExamples:\n${type.examples.map((line) => `  $ ${line}`).join('\n')}`)
    .action(async (options: ServeOptions & Readonly<Record<string, string | boolean | undefined>>) => {
      setLogLevel(options.verbose ? 'debug' : 'warning')
      done(await serve(type, options, output))
    })
}

async function serve(
  type: DeviceServerType,
  options: ServeOptions & Readonly<Record<string, string | boolean | undefined>>,
  { stdout, stderr }: Output
): Promise<ExitCode> {
  const { host, port, insecure = false, verbose = false, ...own } = options
  using signals = new StopSignals()
  await using server = await asArgument(() => type.start({ host, port, insecure, verbose, own }))
  stdout.write(`${server.address}\n`)
  for (const hint of server.hints) stderr.write(`${hint}\n`)
  await Promise.race([aborted(signals.first), server.ended])
  return EXIT.ok
}

function optionOf({ name, value, about, fallback }: DeviceServerFlag): Option {
  const dashed = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  const option = new Option(value === undefined ? `--${dashed}` : `--${dashed} <${value}>`, about)
  return fallback === undefined ? option : option.default(fallback)
}

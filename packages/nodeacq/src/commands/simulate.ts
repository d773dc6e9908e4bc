import { parseFault, simulators, type SimulatorType } from '@nodeacq/nodes'
import { setLogLevel, type LogLevel } from '@nodeacq/rpc'
import { Argument, type Command } from 'commander'
import { asArgument } from './asArgument.ts'
import { logLevelOption, parsePort } from './options.ts'
import { EXIT, type ExitCode, type Output } from './Output.ts'
import { aborted, StopSignals } from './StopSignals.ts'

interface SimulateOptions {
  readonly host: string
  readonly port?: number
  readonly insecure?: true
  readonly faults?: readonly string[]
  readonly logLevel: LogLevel
}

/** `nodeacq simulate`: takes the place of a device or its server. */
export function addSimulateCommand(program: Command, output: Output, done: (code: ExitCode) => void): void {
  program
    .command('simulate')
    .summary('take the place of a device that is not there')
    .description(
      'Starts a simulator, which speaks the bytes of the device: programs connect to it as to the device. Its address is ' +
        'the first line on standard output. Ctrl-C ends it.'
    )
    .addArgument(new Argument('<device>', 'which device').choices(Object.keys(simulators)))
    .option('--host <host>', 'where to listen', '127.0.0.1')
    .option('--port <n>', "port to listen on; 0 for any free one (default: the device's)", parsePort)
    .option('--insecure', 'allow a host beyond loopback: whoever reaches it can use the simulator')
    .option('--faults <fault...>', 'what goes wrong, as <kind>[=<value>][@<seconds after the first client>]')
    .addOption(logLevelOption())
    .addHelpText(
      'after',
      `
Devices and their faults:
${Object.entries(simulators).map(describe).join('\n')}

Examples:
  $ nodeacq simulate cortex
  $ nodeacq simulate cortex --port 0 --faults lose=5@3 drop@10`
    )
    .action(async (device: string, options: SimulateOptions) => {
      setLogLevel(options.logLevel)
      done(await simulate(simulators[device]!, options, output))
    })
}

async function simulate(type: SimulatorType, options: SimulateOptions, { stdout, stderr }: Output): Promise<ExitCode> {
  const { host, port = type.defaultPort, insecure = false, faults = [] } = options
  using signals = new StopSignals()
  await using simulator = await asArgument(async () => {
    const parsed = faults.map((fault) => parseFault(fault, type.faults))
    return await type.start({ host, port, insecure, faults: parsed })
  })
  stdout.write(`${simulator.address}\n`)
  for (const hint of simulator.hints) stderr.write(`${hint}\n`)
  await aborted(signals.first)
  return EXIT.ok
}

function describe([name, { description, defaultPort, faults }]: readonly [string, SimulatorType]): string {
  const width = Math.max(...Object.keys(faults).map(({ length }) => length))
  const lines = Object.entries(faults).map(([kind, meaning]) => `    ${kind.padEnd(width)}  ${meaning}`)
  // What has no port of a network by default is a port of another kind.
  const port = defaultPort === 0 ? '' : ` (port ${defaultPort})`
  return [`  ${name}: ${description}${port}`, ...lines].join('\n')
}

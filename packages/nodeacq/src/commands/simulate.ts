import { parseFault, simulators, type SimulatorType } from '@nodeacq/nodes'
import { setLogLevel, type LogLevel } from '@nodeacq/rpc'
import type { Command } from 'commander'
import { asArgument } from './asArgument.ts'
import { logLevelOption, parsePort } from './options.ts'
import { EXIT, type ExitCode, type Output } from './Output.ts'
import { aborted, StopSignals } from './StopSignals.ts'

interface SimulateOptions {
  /** None of these for what is reached by a path. */
  readonly host?: string
  readonly port?: number
  readonly insecure?: true
  readonly faults?: readonly string[]
  readonly logLevel: LogLevel
}

/** `nodeacq simulate`: takes the place of a device or its server. */
export function addSimulateCommand(program: Command, output: Output, done: (code: ExitCode) => void): void {
  const simulate = program
    .command('simulate')
    .summary('take the place of a device that is not there')
    .description('Starts a simulator, which speaks the bytes of the device: programs connect to it as to the device.')
    .usage('<device> [options]')
    .addHelpText(
      'after',
      `
Examples:
  $ nodeacq simulate cortex
  $ nodeacq simulate brainamp --port 0 --faults lose=5@3 drop@10
  $ nodeacq simulate mw75 --help      the faults of a device`
    )
  for (const [name, type] of Object.entries(simulators)) describeDevice(simulate.command(name), type, output, done)
}

function describeDevice(command: Command, type: SimulatorType, output: Output, done: (code: ExitCode) => void): void {
  const { description, defaultPort, faults } = type
  const width = Math.max(...Object.keys(faults).map(({ length }) => length))
  const lines = Object.entries(faults).map(([kind, meaning]) => `  ${kind.padEnd(width)}  ${meaning}`)
  command
    .summary(description)
    .description(`Simulates ${description}. Its address is the first line on standard output. Ctrl-C ends it.`)
  if (defaultPort > 0) {
    command
      .option('--host <host>', 'where to listen', '127.0.0.1')
      .option('--port <n>', 'port to listen on; 0 for any free one', parsePort, defaultPort)
      .option('--insecure', 'allow a host beyond loopback: whoever reaches it can use the simulator')
  }
  command
    .option('--faults <fault...>', 'what goes wrong, as <kind>[=<value>][@<seconds after the first client>]')
    .addOption(logLevelOption())
    .addHelpText('after', `\nFaults:\n${lines.join('\n')}`)
    .action(async (options: SimulateOptions) => {
      setLogLevel(options.logLevel)
      done(await simulate(type, options, output))
    })
}

async function simulate(type: SimulatorType, options: SimulateOptions, { stdout, stderr }: Output): Promise<ExitCode> {
  const { host, port, insecure = false, faults = [] } = options
  const where = { ...(host !== undefined && { host }), ...(port !== undefined && { port }), insecure }
  using signals = new StopSignals()
  await using simulator = await asArgument(async () => {
    const parsed = faults.map((fault) => parseFault(fault, type.faults))
    return await type.start({ ...where, faults: parsed })
  })
  stdout.write(`${simulator.address}\n`)
  for (const hint of simulator.hints) stderr.write(`${hint}\n`)
  await aborted(signals.first)
  return EXIT.ok
}

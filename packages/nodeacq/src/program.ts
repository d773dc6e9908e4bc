import { Command, CommanderError } from 'commander'
import { addCertifyCommand } from './commands/certify.ts'
import { addCheckCommand } from './commands/check.ts'
import { addDevicesCommand } from './commands/devices.ts'
import { addLslCommand } from './commands/lsl/lsl.ts'
import { addNodesCommand } from './commands/nodes.ts'
import { EXIT, type ExitCode, type Output } from './commands/Output.ts'
import { addRecordCommand } from './commands/record.ts'
import { addRecordingCommands } from './commands/recordings.ts'
import { addReplayCommand } from './commands/replay.ts'
import { addRunCommand } from './commands/run.ts'
import { describeHost, describeManager } from './commands/serve.ts'
import { addServeCommand } from './commands/serveDevice.ts'
import { addSimulateCommand } from './commands/simulate.ts'
import { addViewCommand } from './commands/view.ts'
import { ArgumentError, GraphError, NodeacqError } from './errors.ts'
import { version } from './version.ts'

/**
 * Runs `nodeacq` with the arguments of a command line (without node and script) and gives the exit code. Nothing is
 * thrown: what went wrong is on standard error, in one line unless the log level is debug.
 */
export async function main(argv: readonly string[], output: Output = process): Promise<ExitCode> {
  return await runProgram(argv, output, (done) => {
    const program = new Command('nodeacq')
      .description(
        'Distributed data acquisition: runs graphs of devices, filters and recorders over processes and machines.'
      )
      .version(version(), '-V, --version')
      .addHelpText(
        'after',
        `
Examples:
  $ nodeacq run graph.yaml --duration 60
  $ nodeacq nodes SosFilter

'nodeacq help <command>' tells more about each.`
      )
    addRunCommand(program, output, done)
    addCheckCommand(program, output, done)
    addNodesCommand(program, output)
    addDevicesCommand(program, output)
    addCertifyCommand(program, output, done)
    addRecordCommand(program, output, done)
    addReplayCommand(program, output, done)
    addRecordingCommands(program, output, done)
    addViewCommand(program, output, done)
    addSimulateCommand(program, output, done)
    addServeCommand(program, output, done)
    addLslCommand(program, output, done)
    describeHost(program.command('host'), output, done, 'nodeacq host')
    describeManager(program.command('manager'), output, done)
    return program
  })
}

/** As {@link main}, for `host_server`: the same as `nodeacq host`. */
export async function hostServer(argv: readonly string[], output: Output = process): Promise<ExitCode> {
  return await runProgram(argv, output, (done) => {
    const program = new Command('host_server').version(version(), '-V, --version')
    describeHost(program, output, done, 'host_server')
    return program
  })
}

async function runProgram(
  argv: readonly string[],
  output: Output,
  make: (done: (code: ExitCode) => void) => Command
): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok
  const program = make((result) => (code = result))
  // Before any subcommand runs: they inherit nothing that is set later.
  for (const command of withSubcommands(program)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => output.stdout.write(text),
      writeErr: (text) => output.stderr.write(text)
    })
  }
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return code
  } catch (error) {
    // commander has written its message already; help and version are no errors.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    output.stderr.write(`${describeError(error, argv)}\n`)
    return isUsage(error) ? EXIT.usage : EXIT.notOk
  }
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)]
}

/** The graph or an argument is wrong; also an address that this machine does not have, or may not open unasked. */
function isUsage(error: unknown): boolean {
  if (error instanceof ArgumentError || error instanceof GraphError) return true
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ADDRESS' || code === 'INSECURE_ADDRESS'
}

function describeError(error: unknown, argv: readonly string[]): string {
  if (!(error instanceof Error)) return String(error)
  const isDebug = argv.includes('--log-level=debug') || argv[argv.indexOf('--log-level') + 1] === 'debug'
  if (isDebug) return error.stack ?? error.message
  if (error instanceof GraphError) return error.message
  // Our own errors say all; others need their class.
  const isOwn = error instanceof NodeacqError || 'code' in error
  return isOwn ? `error: ${error.message}` : `error: ${error.name}: ${error.message} (--log-level debug tells more)`
}

import { onLogRecord, formatLogRecord, setLogDisplay, setLogLevel, type LogLevel } from '@nodeacq/rpc'
import { Oscilloscope } from '@nodeacq/viewers'
import type { Command } from 'commander'
import { ArgumentError } from '../errors.ts'
import { streamParams } from '../run/views.ts'
import { withManager } from '../run/withManager.ts'
import { repeatedOption, logLevelOption, parseAddress, parsePort } from './options.ts'
import { EXIT, type ExitCode, type Output } from './Output.ts'
import { aborted, StopSignals } from './StopSignals.ts'

interface ViewOptions {
  readonly manager?: string
  readonly port?: number
  readonly host?: string
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly publicName: string[]
  readonly tokenFile?: string
  readonly insecure?: true
  readonly viewToken?: true
  readonly logLevel: LogLevel
}

/** `nodeacq view`: shows a stream of a graph that runs. */
export function addViewCommand(program: Command, output: Output, done: (code: ExitCode) => void): void {
  program
    .command('view')
    .summary('show a signal of a graph that runs, in the browser')
    .description(
      'Connects to a stream of a graph that another `nodeacq run` runs, and serves a page that shows it. The link to open is ' +
        'the first line on standard output; only who has it can look. Looking costs the graph nothing. Ctrl-C ends it.'
    )
    .argument('<stream>', 'node.output, such as amp.signals')
    .option('--manager <address>', 'the run, by the address that it told when it started', parseAddress)
    .option('--port <port>', 'port of the page; 0 is any free one', parsePort)
    .option('--host <host>', 'interface that the page is served on (default: 127.0.0.1)')
    .option('--tls-cert <file>', 'certificate for a host beyond loopback, in PEM')
    .option('--tls-key <file>', 'its key, in PEM')
    .addOption(repeatedOption('--public-name <name>', 'name under which others reach the page'))
    .option('--token-file <file>', 'keep the token of the link there, so that it stays valid')
    .option('--insecure', 'allow a host beyond loopback without a certificate')
    .option('--view-token', 'print a second link, for those who may only look')
    .addOption(logLevelOption())
    .addHelpText(
      'after',
      `
Examples:
  $ nodeacq view amp.signals
  $ nodeacq view amp.signals --port 8080 --view-token`
    )
    .action(async (stream: string, options: ViewOptions) => {
      const [node = '', ...rest] = stream.split('.')
      const name = rest.join('.')
      if (node === '' || name === '')
        throw new ArgumentError(`expected node.output such as amp.signals, got '${stream}'`)
      setLogLevel(options.logLevel)
      setLogDisplay(false)
      const unlisten = onLogRecord((record) => output.stderr.write(`${formatLogRecord(record)}\n`))
      using signals = new StopSignals()
      try {
        await view({ node, output: name }, options, { output, stop: signals.first })
        done(EXIT.ok)
      } finally {
        unlisten()
        setLogDisplay(true)
      }
    })
}

async function view(
  stream: { node: string; output: string },
  options: ViewOptions,
  { output, stop }: { output: Output; stop: AbortSignal }
): Promise<void> {
  const { host, port, tlsCert, tlsKey, tokenFile, insecure, publicName: publicNames, viewToken } = options
  const params = await withManager(options, async (manager) => await streamParams(manager, stream))
  await using scope = new Oscilloscope({ name: `${stream.node}.${stream.output}` })
  await scope.configure({ host, port, tlsCert, tlsKey, tokenFile, insecure, publicNames })
  await scope.inputs['signals']!.connect(params)
  await scope.initialize()
  await scope.start()
  output.stdout.write(`${scope.url()}\n`)
  if (viewToken) output.stdout.write(`only to look: ${scope.url({ role: 'view' })}\n`)
  const isStopped = await Promise.race([aborted(stop).then(() => true), scope.finished().then(() => false)])
  if (isStopped) return
  output.stderr.write('the stream has ended; the page stays until Ctrl-C\n')
  await aborted(stop)
}

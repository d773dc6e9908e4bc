import type { MetricsOptions } from '@nodeacq/core'
import { onLogRecord, setLogDisplay, setLogLevel, type LogLevel } from '@nodeacq/rpc'
import type { Command } from 'commander'
import { runGraph } from '../run/runGraph.ts'
import { RunScreen } from '../screen/RunScreen.ts'
import {
  repeatedOption,
  logLevelOption,
  metricsOption,
  parseListenAddress,
  parseReason,
  parseSeconds
} from './options.ts'
import { EXIT, type ExitCode, type Output } from './Output.ts'
import { readGraph } from '../graph/readGraph.ts'
import { StopSignals } from './StopSignals.ts'

interface RunCommandOptions {
  readonly duration?: number
  readonly out?: string
  readonly set: string[]
  readonly json?: true
  readonly quiet?: true
  readonly listen?: string
  readonly override?: string
  readonly view?: true
  readonly metrics?: MetricsOptions
  readonly insecure?: true
  readonly logLevel: LogLevel
}

/** `nodeacq run`: runs a graph file until it ends, and says what came of it. */
export function addRunCommand(program: Command, output: Output, done: (code: ExitCode) => void): void {
  program
    .command('run')
    .summary('run a graph file')
    .description(
      'Runs a graph until all of its nodes have ended, --duration is over, or Ctrl-C stops it in order (twice: ends it ' +
        'at once). A node that fails or a process that dies is told at once; the others go on. ' +
        'Exit code: 0 nothing failed and nothing was lost that may not be; 1 something did; 2 the graph is wrong.'
    )
    .argument('<graph>', 'graph file, YAML or JSON')
    .option('--duration <seconds>', 'stop after this time', parseSeconds)
    .option('--out <folder>', 'what ${out} in the file stands for (default: recordings/<name>-<time>)')
    .addOption(repeatedOption('--set <key=value>', 'change a value first, e.g. nodes.amp.configure.channelCount=8'))
    .option(
      '--override <reason>',
      'start although what the graph requires is not met; the reason is kept in the recording',
      parseReason
    )
    .option('--json', 'print one JSON object at the end, and nothing else on standard output')
    .option('--quiet', 'print problems only')
    .option(
      '--listen <address>',
      'where nodeacq record and other programs reach the run (default: any free port of loopback)',
      parseListenAddress
    )
    .option('--view', 'show every signal of every device in the browser; the links are printed')
    .addOption(metricsOption())
    .option(
      '--insecure',
      'allow --listen and --metrics beyond loopback: whoever reaches them can control or read the run'
    )
    .addOption(logLevelOption())
    .addHelpText(
      'after',
      `
Examples:
  $ nodeacq run graph.yaml
  $ nodeacq run graph.yaml --duration 60 --out /data/rat7/day2
  $ nodeacq run graph.yaml --set nodes.amp.configure.sampleRate=500 --json > result.json
  $ nodeacq run graph.yaml --view
  $ nodeacq run graph.yaml --metrics 9464`
    )
    .action(async (file: string, options: RunCommandOptions) => {
      const {
        duration,
        out,
        set,
        json = false,
        quiet = false,
        listen,
        override,
        view,
        metrics,
        insecure = false,
        logLevel
      } = options
      setLogLevel(logLevel)
      const graph = await readGraph(file, { set, out })
      const screen = new RunScreen(output, { graph, duration, json, quiet, debug: logLevel === 'debug' })
      // The screen shows log records itself: above the live table, and not what it tells anyway.
      setLogDisplay(false)
      const unlisten = onLogRecord((record) => screen.log(record))
      using signals = new StopSignals()
      try {
        const summary = await runGraph(graph, {
          duration,
          signal: signals.first,
          kill: signals.second,
          ...(metrics && { metrics: { ...metrics, insecure } }),
          listen: { address: listen, insecure },
          override,
          view,
          onStart: (run) => screen.start(run),
          onStatus: (status) => screen.status(status),
          onMessage: (message) => screen.message(message)
        })
        screen.end(summary)
        done(summary.ok ? EXIT.ok : EXIT.notOk)
      } finally {
        screen.close()
        unlisten()
        setLogDisplay(true)
      }
    })
}

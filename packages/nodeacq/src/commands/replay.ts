import { RecordingFileError } from '@nodeacq/nodes'
import { setLogLevel } from '@nodeacq/rpc'
import type { WireParams } from '@nodeacq/stream'
import { InvalidArgumentError, type Command } from 'commander'
import { resolve } from 'node:path'
import { NodeacqError } from '../errors.ts'
import { compareRecording } from '../replay/compareRecording.ts'
import { playRecording, type PlayedRecording } from '../replay/playRecording.ts'
import type { RunMessage } from '../run/runGraph.ts'
import { formatCount, formatHours } from '../screen/format.ts'
import { paintFor } from '../screen/Paint.ts'
import { ProgressLine } from '../screen/ProgressLine.ts'
import { replayLines } from '../screen/replayLines.ts'
import { repeatedOption, parseListenAddress, parseNumber } from './options.ts'
import { EXIT, type ExitCode, type Output } from './Output.ts'
import { StopSignals } from './StopSignals.ts'

interface ReplayOptions {
  readonly compare?: true
  readonly graph?: string
  readonly set: string[]
  readonly out?: string
  readonly speed: number | 'max'
  readonly loop?: true
  readonly from: number
  readonly digital?: true
  readonly listen?: string
  readonly insecure?: true
  readonly json?: true
}

/** `nodeacq replay`: plays a recording to viewers and scripts, or computes again what was computed when it was made. */
export function addReplayCommand(program: Command, output: Output, done: (code: ExitCode) => void): void {
  program
    .command('replay')
    .summary('play a recording, or run its graph on it again and compare')
    .description(
      'Plays a recording at its pace to whoever connects, all streams in step, with its gaps and events. With --compare it ' +
        'runs the graph that made the recording again, with the recording in the place of the devices, and compares every ' +
        'stream that was computed and recorded, sample by sample. Exit code: 0 played to the end, or all equal; 1 not; ' +
        '2 an argument is wrong.'
    )
    .argument('<file>', 'recording, in any format that nodeacq info reads')
    .option('--speed <factor>', 'times real time, or max: as fast as consumers take it', parseSpeed, 1)
    .option('--loop', 'begin again at the end')
    .option('--from <seconds>', 'begin here, from the start of the recording', parseNumber({ atLeast: 0 }), 0)
    .option('--digital', 'the stored numbers, not physical units')
    .option('--listen <address>', 'where the manager listens (default: any free port of loopback)', parseListenAddress)
    .option('--insecure', 'allow --listen beyond loopback')
    .option('--compare', 'run the recorded graph on the recording, and compare')
    .option('--graph <file>', 'compare with this graph file instead of the one in the recording')
    .addOption(repeatedOption('--set <key=value>', 'compare with a graph that is changed first'))
    .option('--out <folder>', 'keep what was computed for --compare in this folder')
    .option('--json', 'print JSON: the streams that are played, or the report of --compare')
    .addHelpText(
      'after',
      `
Examples:
  $ nodeacq replay session.mcap --speed 2 --loop
  $ nodeacq replay session.mcap --compare
  $ nodeacq replay session.mcap --compare --set nodes.filter.configure.design.order=2`
    )
    .action(async (file: string, options: ReplayOptions) => {
      setLogLevel('warning')
      try {
        done(options.compare ? await compare(file, options, output) : await play(file, options, output))
      } catch (error) {
        if (error instanceof RecordingFileError) throw new NodeacqError(error.message, { cause: error })
        throw error
      }
    })
}

async function compare(file: string, options: ReplayOptions, output: Output): Promise<ExitCode> {
  const { graph, set, out, json } = options
  using signals = new StopSignals()
  using progress = new ProgressLine(output.stderr, 'computing')
  const report = await compareRecording(resolve(file), {
    graph,
    set,
    out: out === undefined ? undefined : resolve(out),
    signal: signals.first,
    onMessage: tell(output),
    onProgress: (part) => progress.show(part)
  })
  progress.close()
  if (json) output.stdout.write(`${JSON.stringify(report)}\n`)
  else output.stdout.write(`${replayLines(report, paintFor(output.stdout)).join('\n')}\n`)
  return report.ok ? EXIT.ok : EXIT.notOk
}

async function play(file: string, options: ReplayOptions, output: Output): Promise<ExitCode> {
  const { speed, loop = false, from, digital, listen, insecure, json } = options
  using signals = new StopSignals()
  using progress = new ProgressLine(output.stderr, 'playing')
  const summary = await playRecording(resolve(file), {
    pace: speed,
    loop,
    from,
    units: digital ? 'digital' : 'physical',
    // Nothing is recorded here.
    listen: { address: listen, insecure, announce: false },
    signal: signals.first,
    kill: signals.second,
    onStart: (played) => {
      if (json) output.stdout.write(`${JSON.stringify(played)}\n`)
      else output.stdout.write(`${playedLines(file, played, options).join('\n')}\n`)
    },
    onMessage: tell(output),
    onProgress: (part) => progress.show(part)
  })
  return summary.ok ? EXIT.ok : EXIT.notOk
}

function playedLines(
  file: string,
  { manager, outputs, seconds }: PlayedRecording,
  { speed, loop }: ReplayOptions
): string[] {
  const pace = speed === 1 ? '' : speed === 'max' ? ', as fast as it is taken' : `, at ${speed} times real time`
  const width = Math.max(...outputs.map(({ name }) => name.length))
  return [
    `playing ${file}, ${formatHours(seconds / 3600)}${pace}${loop ? ', again and again' : ''}; Ctrl-C stops it`,
    ...outputs.map(({ name, params }) => `  ${name.padEnd(width)}  ${addressOf(params)}  ${describe(params)}`),
    `manager at ${manager}`
  ]
}

const addressOf = (params: WireParams): string =>
  `${String(params['protocol'])}://${String(params['interface'])}:${String(params['port'])}`

function describe({ streamtype, sample_rate: rate, shape, dtype }: WireParams): string {
  if (String(streamtype).startsWith('event')) return 'events'
  const axes = (shape as number[]).slice(1).join(' × ')
  const numbers = typeof dtype === 'string' ? dtype : 'structured'
  return `${axes === '' ? '' : `${axes} × `}${numbers}, ${formatCount(Number(rate))} Hz`
}

/** What the run says of itself: only what is wrong. */
function tell({ stderr }: Output): (message: RunMessage) => void {
  return ({ level, text }) => {
    if (level !== 'info') stderr.write(`${level}: ${text}\n`)
  }
}

function parseSpeed(text: string): number | 'max' {
  if (text === 'max') return 'max'
  const speed = Number(text)
  if (text.trim() === '' || !(speed > 0) || speed > 1e6) {
    throw new InvalidArgumentError("Expected a number above 0, or 'max'.")
  }
  return speed
}

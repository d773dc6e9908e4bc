import { basename } from 'node:path'
import { DeviceError } from '@nodeacq/core'
import { FileReplay, LslOutlet, RecordingFileError } from '@nodeacq/nodes'
import { setLogLevel } from '@nodeacq/rpc'
import type { Command } from 'commander'
import { NodeacqError } from '../../errors.ts'
import { asArgument } from '../asArgument.ts'
import { parseNumber } from '../options.ts'
import { EXIT, type ExitCode, type Output } from '../Output.ts'
import { aborted, StopSignals } from '../StopSignals.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { addNetworkOptions, settingsOf, type NetworkOptions } from './networkOptions.ts'

interface PlayOptions extends NetworkOptions {
  readonly host: string
  readonly insecure?: true
  readonly speed?: number
  readonly loop?: true
  readonly wait?: true
  readonly type?: string
  readonly name?: string
}

/** ms between two looks whether somebody reads. */
const LOOK_INTERVAL = 50

/** `nodeacq lsl play`: a recording as streams of LSL. */
export function addPlayCommand(lsl: Command, output: Output, done: (code: ExitCode) => void): void {
  addNetworkOptions(lsl.command('play').summary('offer a recording as streams'))
    .description('Offers every stream of a recording to programs of LSL, in real time. Ctrl-C ends it.')
    .argument('<file>', 'recording: .mcap, .edf, .bdf, .vhdr, or any other that nodeacq reads')
    .option('--host <host>', 'where to listen; 0.0.0.0 with --insecure: for all machines', '127.0.0.1')
    .option('--insecure', 'allow a host beyond loopback: whoever reaches it can read the streams')
    .option('--speed <factor>', 'times real time', parseNumber({ above: 0 }))
    .option('--loop', 'begin again at the end')
    .option('--wait', 'begin when somebody reads')
    .option('--type <type>', 'what the signals are (default EEG)')
    .option('--name <name>', 'name of the streams (default: of the file, with that of the stream)')
    .addHelpText('after', '\nExamples:\n  $ nodeacq lsl play session.mcap --wait\n  $ nodeacq lsl play eeg.edf --loop')
    .action(async (path: string, options: PlayOptions) => {
      setLogLevel('warning')
      done(await play(path, options, output))
    })
}

async function play(path: string, options: PlayOptions, { stdout }: Output): Promise<ExitCode> {
  const { host, insecure = false, speed, loop = false, wait = false, type, ...rest } = options
  using signals = new StopSignals()
  await using stack = new AsyncDisposableStack()
  const replay = stack.use(new FileReplay({ name: 'replay' }))
  try {
    await replay.configure({ file: path, loop, ...(speed !== undefined && { pace: speed }) })
  } catch (error) {
    if (!(error instanceof RecordingFileError || error instanceof DeviceError)) throw error
    throw new NodeacqError(error.message, { cause: error })
  }
  await replay.initialize()
  const name = options.name ?? basename(path).replace(/\.[^.]+$/, '')
  const outlets: LslOutlet[] = []
  for (const [stream, output] of Object.entries(replay.outputs)) {
    const outlet = stack.use(new LslOutlet({ name: stream }))
    const isMain = stream === 'signals'
    const own = { name: isMain ? name : `${name}-${stream}`, sourceId: `nodeacq-play-${name}-${stream}` }
    await asArgument(() =>
      outlet.configure({
        ...own,
        host,
        insecure,
        network: settingsOf(rest),
        ...(isMain ? type !== undefined && { type } : { type: stream === 'events' ? 'Markers' : 'Misc' })
      })
    )
    await outlet.input.connect(output)
    await outlet.initialize()
    outlets.push(outlet)
    stdout.write(`${own.name}\n`)
  }
  const first = aborted(signals.first)
  const clients = (): number => outlets.reduce((sum, outlet) => sum + outlet.status().counters['clients']!, 0)
  while (wait && clients() === 0 && !signals.first.aborted) await Promise.race([first, sleep(LOOK_INTERVAL)])
  for (const outlet of outlets) await outlet.start()
  await replay.start()
  await Promise.race([first, replay.finished()])
  if (replay.isRunning) await replay.stop()
  for (const outlet of outlets) await outlet.finished()
  const failure = [replay, ...outlets].find((node) => node.isFailed)?.error
  if (failure !== undefined && failure !== null) throw new NodeacqError(failure.message, { cause: failure })
  return EXIT.ok
}

import { stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { LslInlet, Recorder, resolveLslStreams, type LslStreamInfo } from '@nodeacq/nodes'
import type { InputStream } from '@nodeacq/stream'
import { setLogLevel } from '@nodeacq/rpc'
import type { Command } from 'commander'
import { NodeacqError } from '../../errors.ts'
import { formatBytes, formatClock, formatCount } from '../../screen/format.ts'
import { asArgument } from '../asArgument.ts'
import { parseSeconds } from '../options.ts'
import { EXIT, type ExitCode, type Output } from '../Output.ts'
import { aborted, StopSignals } from '../StopSignals.ts'
import { addNetworkOptions, settingsOf, type NetworkOptions } from './networkOptions.ts'

interface RecordOptions extends NetworkOptions {
  readonly out: string
  readonly duration?: number
  readonly timeout: number
}

/** ms between two lines of progress on a terminal, and elsewhere. */
const SHOW_INTERVAL = 500
const TELL_INTERVAL = 10_000

/** `nodeacq lsl record`: streams of the network into one file of the Recorder. */
export function addRecordCommand(lsl: Command, output: Output, done: (code: ExitCode) => void): void {
  addNetworkOptions(lsl.command('record').summary('record streams into one file'))
    .description(
      'Records every stream that matches, with its stamps and the offsets of its clock, into one file that survives a crash. ' +
        'A stream that ends is waited for. Ctrl-C ends the recording.'
    )
    .argument('[predicate]', 'XPath 1.0 (default: all streams)')
    .requiredOption('--out <file>', 'the recording, .mcap; it must not exist')
    .option('--duration <s>', 'end after so many seconds', parseSeconds)
    .option('--timeout <s>', 's to look for streams', parseSeconds, 2)
    .addHelpText(
      'after',
      '\nExamples:\n  $ nodeacq lsl record --out session.mcap\n  $ nodeacq lsl record "type=\'EEG\'" --out eeg.mcap'
    )
    .action(async (predicate: string | undefined, options: RecordOptions) => {
      setLogLevel('warning')
      done(await record(predicate, options, output))
    })
}

async function record(
  predicate: string | undefined,
  { out, duration, timeout, ...network }: RecordOptions,
  { stdout, stderr }: Output
): Promise<ExitCode> {
  using signals = new StopSignals()
  const settings = settingsOf(network)
  const streams = await resolveLslStreams({ ...(predicate && { predicate }), timeout, settings, signal: signals.first })
  if (streams.length === 0) throw new NodeacqError(`no stream of LSL matches ${predicate ?? ''}`.trim())
  await using stack = new AsyncDisposableStack()
  const recorder = stack.use(new Recorder({ name: 'recorder' }))
  await asArgument(() => recorder.configure({ file: out }))
  const inlets: LslInlet[] = []
  for (const [name, info] of named(streams)) {
    const inlet = stack.use(new LslInlet({ name }))
    await inlet.configure({ predicate: `uid='${info.uid}'`, network: settings })
    await inlet.initialize()
    inlets.push(inlet)
    stdout.write(
      `${name}: ${info.channelCount} × ${info.channelFormat}, ${info.nominalRate || 'no'} Hz, ${info.hostname}\n`
    )
  }
  // The streams themselves come first, as readers take the first one for the main one.
  for (const isMain of [true, false]) {
    for (const inlet of inlets) {
      for (const [output, stream] of Object.entries(inlet.outputs)) {
        if ((output === 'signals' || output === 'events') !== isMain) continue
        const input = recorder.stream('input', isMain ? inlet.name : `${inlet.name}-${output}`) as InputStream
        await input.connect(stream)
      }
    }
  }
  await recorder.initialize()
  await recorder.start()
  for (const inlet of inlets) await inlet.start()
  const stop = new AbortController()
  const showing = show(inlets, out, stderr, stop.signal)
  const ends = [aborted(signals.first), recorder.finished(), ...inlets.map((inlet) => inlet.finished())]
  if (duration !== undefined) ends.push(sleep(duration * 1000, undefined, { signal: stop.signal }).catch(() => {}))
  await Promise.race(ends)
  stop.abort()
  await showing
  for (const inlet of inlets) if (inlet.isRunning) await inlet.stop()
  // The recorder ends with its sources.
  const failure = (await recorder.finished()) ?? inlets.find((inlet) => inlet.isFailed)?.error
  stdout.write(`${progressOf(inlets)}, ${formatBytes(await sizeOf(out))}: ${out}\n`)
  if (failure === undefined) return EXIT.ok
  stderr.write(`error: ${failure.message}\n`)
  return EXIT.notOk
}

/** Each stream with a name that no other has, and that is one for files. */
function named(streams: readonly LslStreamInfo[]): [string, LslStreamInfo][] {
  const taken = new Set<string>()
  return streams.map((info) => {
    const plain = info.name.replace(/[^\p{L}\p{N}_.-]+/gu, '_')
    let name = plain
    for (let k = 2; taken.has(name); k++) name = `${plain}-${k}`
    taken.add(name)
    return [name, info]
  })
}

async function show(
  inlets: readonly LslInlet[],
  path: string,
  terminal: NodeJS.WriteStream,
  signal: AbortSignal
): Promise<void> {
  const start = performance.now()
  while (!signal.aborted) {
    await sleep(terminal.isTTY ? SHOW_INTERVAL : TELL_INTERVAL, undefined, { signal }).catch(() => {})
    const clock = formatClock((performance.now() - start) / 1000)
    const line = `${clock}  ${progressOf(inlets)}, ${formatBytes(await sizeOf(path))}`
    if (!signal.aborted) terminal.write(terminal.isTTY ? `\r\u001B[K${line}` : `${line}\n`)
  }
  if (terminal.isTTY) terminal.write('\r\u001B[K')
}

function progressOf(inlets: readonly LslInlet[]): string {
  const main = inlets.map(({ outputs }) => (outputs['signals'] ?? outputs['events'])!)
  const samples = main.reduce((sum, output) => sum + output.status().samples, 0)
  const lost = inlets.reduce((sum, inlet) => sum + (inlet.status().counters['lostSamples'] ?? 0), 0)
  const missing = lost === 0 ? 'nothing missing' : `${formatCount(lost)} missing`
  return `${formatCount(samples)} samples of ${inlets.length} ${inlets.length === 1 ? 'stream' : 'streams'}, ${missing}`
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0
}

import {
  openSampleFile,
  repairBrainVision,
  repairEdf,
  repairLog,
  repairXdf,
  verifyLog,
  type LogReport
} from '@nodeacq/nodes'
import type { Command } from 'commander'
import { formatBytes, formatCount } from '../screen/format.ts'
import { ProgressLine } from '../screen/ProgressLine.ts'
import { recordingLines } from '../screen/recordingLines.ts'
import { addConvertCommand } from './convert.ts'
import { EXIT, type ExitCode, type Output } from './Output.ts'
import { asRecordingError, sizeOf } from './recordingErrors.ts'

/** `nodeacq info`, `verify`, `repair` and `convert`: recordings on disk. */
export function addRecordingCommands(program: Command, output: Output, done: (code: ExitCode) => void): void {
  program
    .command('info')
    .summary('show what is in a recording')
    .description(
      'Shows the streams of a recording, their gaps and events, and a small picture of each. Reads recordings of the ' +
        'Recorder (MCAP), EDF, EDF+, BDF, BrainVision, XDF, WAV, and folders of RawRecorder.'
    )
    .argument('<file>', 'recording')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExamples:\n  $ nodeacq info session.mcap\n  $ nodeacq info --json session.edf')
    .action(async (path: string, { json }: { json?: true }) => {
      await asRecordingError(async () => {
        await using file = await openSampleFile(path)
        if (json) output.stdout.write(`${JSON.stringify(await infoOf(file))}\n`)
        else output.stdout.write(`${(await recordingLines(file, await sizeOf(path))).join('\n')}\n`)
      })
    })
  program
    .command('verify')
    .summary('check a recording of the Recorder')
    .description(
      'Reads every byte of a recording made by the Recorder, and says whether it is what was written and what is missing. ' +
        'The exit code is 0 for a whole recording, and 1 for one that is damaged, unfinished, or lacks samples that were lost.'
    )
    .argument('<file>', 'recording, .mcap')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExamples:\n  $ nodeacq verify session.mcap')
    .action(async (path: string, { json }: { json?: true }) => {
      const report = await asRecordingError(async () => {
        using progress = new ProgressLine(output.stderr, 'reading', await sizeOf(path))
        return await verifyLog(path, (bytes) => progress.show(bytes))
      })
      output.stdout.write(json ? `${JSON.stringify(jsonOf(report))}\n` : `${verdictLines(report).join('\n')}\n`)
      done(isWhole(report) ? EXIT.ok : EXIT.notOk)
    })
  program
    .command('repair')
    .summary('make a whole recording of a damaged one')
    .description(
      'Copies everything that is proven to be right out of a damaged or unfinished recording into a new one, in which what is ' +
        'missing stands as gaps. The damaged one is left as it is. The exit code is 0 when nothing but an unfinished end was ' +
        'missing, and 3 when something that had been written is gone.'
    )
    .argument('<file>', 'recording: .mcap; or .edf, .bdf, .vhdr, .xdf of whatever program')
    .option('--out <file>', 'the new recording (default: <file>_repaired beside it)')
    .addHelpText('after', '\nExamples:\n  $ nodeacq repair session.mcap\n  $ nodeacq repair session.edf')
    .action(async (path: string, options: { out?: string }) => {
      if (/\.xdf$/i.test(path)) return done(await repairXdfFile(path, output, options))
      const cut = /\.(edf|bdf|vhdr)$/i.exec(path)?.[0]
      if (cut !== undefined) return done(await repairCut(path, output, { extension: cut, ...options }))
      const { out = path.replace(/(\.mcap)?$/, '_repaired.mcap') } = options
      const report = await asRecordingError(async () => {
        using progress = new ProgressLine(output.stderr, 'copying', await sizeOf(path))
        return await repairLog(path, out, (bytes) => progress.show(bytes))
      })
      const { source, messages, lost } = report
      output.stdout.write(`${out}: ${formatCount(messages)} messages, ${formatBytes(report.result.bytes)}\n`)
      for (const { from, to, reason } of source.damage) {
        output.stdout.write(`left out: bytes ${formatCount(from)} to ${formatCount(to)}, ${reason}\n`)
      }
      for (const [topic, samples] of lost) output.stdout.write(`${topic}: ${formatCount(samples)} samples are gone\n`)
      done(isOnlyUnfinished(source) && lost.size === 0 ? EXIT.ok : EXIT.gone)
    })
  addConvertCommand(program, output)
}

/** Files that end where their recorder was killed. */
async function repairCut(
  path: string,
  { stdout, stderr }: Output,
  { extension, out }: { extension: string; out?: string }
): Promise<ExitCode> {
  const target = out ?? `${path.slice(0, -extension.length)}_repaired${extension}`
  const isTriple = extension.toLowerCase() === '.vhdr'
  const { kept, damage } = await asRecordingError(async () => {
    using progress = new ProgressLine(stderr, 'copying', await sizeOf(path))
    return await (isTriple ? repairBrainVision : repairEdf)(path, target, (bytes) => progress.show(bytes))
  })
  stdout.write(`${target}: ${formatCount(kept)} ${isTriple ? 'points' : 'records'}\n`)
  for (const { file, from, to, reason } of damage) {
    stdout.write(`left out: bytes ${formatCount(from)} to ${formatCount(to)} of ${file}, ${reason}\n`)
  }
  return EXIT.ok
}

async function repairXdfFile(path: string, { stdout, stderr }: Output, { out }: { out?: string }): Promise<ExitCode> {
  const target = out ?? path.replace(/\.xdf$/i, '_repaired.xdf')
  const { damage, samples, bytes, end } = await asRecordingError(async () => {
    using progress = new ProgressLine(stderr, 'copying', await sizeOf(path))
    return await repairXdf(path, target, (done) => progress.show(done))
  })
  stdout.write(`${target}: ${formatBytes(bytes)}\n`)
  for (const [stream, count] of samples) stdout.write(`${stream}: ${formatCount(count)} samples\n`)
  for (const { from, to, reason } of damage)
    stdout.write(`left out: bytes ${formatCount(from)} to ${formatCount(to)}, ${reason}\n`)
  return damage.every(({ to }) => to === end) ? EXIT.ok : EXIT.gone
}

/** Nothing is wrong but that the end is not there. */
function isOnlyUnfinished({ damage, bytes }: LogReport): boolean {
  return damage.every(({ to }) => to === bytes)
}

function isWhole({ problems, streams }: LogReport): boolean {
  const lost = [...streams.values()].some(({ gaps }) => gaps.some(({ cause }) => cause !== 'device'))
  return problems.length === 0 && !lost
}

function verdictOf(report: LogReport): string {
  if (report.problems.length === 0) return isWhole(report) ? 'ok' : 'whole, with losses'
  return !report.isClosed && isOnlyUnfinished(report) ? 'unfinished' : 'damaged'
}

function verdictLines(report: LogReport): string[] {
  const { path, bytes, problems, streams } = report
  const lines = [`${path}: ${verdictOf(report)} (${formatBytes(bytes)})`]
  for (const { topic, first, next, received, gaps, messages } of streams.values()) {
    const missing = gaps.reduce((sum, { from, to }) => sum + to - from, 0)
    if (topic.endsWith('/events')) lines.push(`  ${topic}: ${formatCount(messages)} events`)
    else if (first === undefined) lines.push(`  ${topic}: no samples`)
    else {
      const range = `samples ${formatCount(first)} to ${formatCount(next!)}`
      const gap = gaps.length === 0 ? 'no gap' : `${formatCount(missing)} missing in ${formatCount(gaps.length)} gaps`
      lines.push(`  ${topic}: ${range}, ${formatCount(received)} recorded, ${gap}`)
    }
  }
  for (const problem of problems) lines.push(`  ${problem}`)
  if (problems.length > 0) lines.push(`'nodeacq repair ${path}' makes a whole recording of what is there`)
  return lines
}

function jsonOf({ streams, start, end, ...report }: LogReport): object {
  const crc = (value: number): string => value.toString(16).padStart(8, '0')
  return {
    ...report,
    start: String(start),
    end: String(end),
    streams: [...streams.values()].map((stream) => ({ ...stream, crc32: crc(stream.crc32) }))
  }
}

async function infoOf(file: Awaited<ReturnType<typeof openSampleFile>>): Promise<object> {
  const { path, format, startTime, warnings, details } = file
  const streams = file.streams.map(
    ({ name, streamType, dtype, sampleShape, sampleRate, channelInfo, sampleCount, startIndex, gaps }) => ({
      name,
      streamType,
      dtype: dtype.toWire(),
      sampleShape,
      sampleRate,
      channelInfo,
      sampleCount,
      startIndex,
      gaps
    })
  )
  const facts = await file.facts?.()
  const known = facts && { facts: { ...facts, attachments: [...facts.attachments.keys()] } }
  return { path, format, startTime, streams, events: (await file.events()).length, warnings, details, ...known }
}

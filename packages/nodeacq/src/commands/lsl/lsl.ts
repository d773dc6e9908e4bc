import { fetchFullInfo, LslLostError, resolveLslStreams, type LslStreamInfo } from '@nodeacq/nodes'
import type { Command } from 'commander'
import { NodeacqError } from '../../errors.ts'
import { formatRate } from '../../screen/format.ts'
import { layoutTable } from '../../screen/layoutTable.ts'
import { parseSeconds } from '../options.ts'
import type { ExitCode, Output } from '../Output.ts'
import { addNetworkOptions, settingsOf, type NetworkOptions } from './networkOptions.ts'
import { addPlayCommand } from './play.ts'
import { addRecordCommand } from './record.ts'

interface FindOptions extends NetworkOptions {
  readonly timeout: number
  readonly json?: true
}

const PREDICATE = 'XPath 1.0, such as "type=\'EEG\' and channel_count>8" (default: all streams)'

/** `nodeacq lsl list`, `info`, `record` and `play`: streams of Lab Streaming Layer. */
export function addLslCommand(program: Command, output: Output, done: (code: ExitCode) => void): void {
  const lsl = program
    .command('lsl')
    .summary('list, record and offer streams of Lab Streaming Layer (LSL)')
    .description(
      'Streams of Lab Streaming Layer, without liblsl. In graphs, the nodes LslInlet and LslOutlet are for them.'
    )
  const { stdout } = output
  addNetworkOptions(lsl.command('list').summary('list the streams of the network'))
    .description('Lists the streams of the network that match.')
    .argument('[predicate]', PREDICATE)
    .option('--timeout <s>', 's to look', parseSeconds, 1.2)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  $ nodeacq lsl list\n  $ nodeacq lsl list "type=\'EEG\'" --peer 10.0.0.7')
    .action(async (predicate: string | undefined, options: FindOptions) => {
      const streams = await find(predicate, options)
      if (options.json) stdout.write(`${JSON.stringify(streams.map(plainInfo), null, 2)}\n`)
      else for (const line of listLines(streams, stdout.columns ?? Infinity)) stdout.write(`${line}\n`)
    })
  addNetworkOptions(lsl.command('info').summary('show what streams say of themselves'))
    .description('Shows everything that the streams that match say of themselves, with their channels.')
    .argument('[predicate]', PREDICATE)
    .option('--timeout <s>', 's to look', parseSeconds, 1.2)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  $ nodeacq lsl info "name=\'BioSemi\'"')
    .action(async (predicate: string | undefined, options: FindOptions) => {
      const streams = await find(predicate, options)
      if (streams.length === 0) throw new NodeacqError(`no stream of LSL matches ${predicate ?? ''}`.trim())
      const full = await Promise.all(streams.map((info) => fetchFullInfo(info, 5).catch(asNodeacqError)))
      if (options.json) stdout.write(`${JSON.stringify(full, null, 2)}\n`)
      else for (const info of full) stdout.write(`${infoLines(info).join('\n')}\n`)
    })
  addRecordCommand(lsl, output, done)
  addPlayCommand(lsl, output, done)
}

async function find(predicate: string | undefined, { timeout, ...network }: FindOptions): Promise<LslStreamInfo[]> {
  const streams = await resolveLslStreams({ ...(predicate && { predicate }), timeout, settings: settingsOf(network) })
  return streams.toSorted((a, b) => a.name.localeCompare(b.name) || a.uid.localeCompare(b.uid))
}

function asNodeacqError(error: unknown): never {
  throw error instanceof LslLostError ? new NodeacqError(error.message, { cause: error }) : error
}

function plainInfo({ desc: _, ...info }: LslStreamInfo): object {
  return info
}

function listLines(streams: readonly LslStreamInfo[], width: number): string[] {
  if (streams.length === 0) return ['no stream of LSL answers']
  const columns = [
    { title: 'NAME' },
    { title: 'TYPE' },
    { title: 'CHANNELS', align: 'right' as const },
    { title: 'FORMAT' },
    { title: 'RATE Hz', align: 'right' as const },
    { title: 'HOST' },
    { title: 'SOURCE ID', priority: 1 }
  ]
  const rows = streams.map((info) => [
    info.name,
    info.type,
    String(info.channelCount),
    info.channelFormat,
    info.nominalRate === 0 ? 'irregular' : formatRate(info.nominalRate),
    `${info.hostname} (${info.v4Address})`,
    info.sourceId
  ])
  return layoutTable(columns, rows, { width })
}

function infoLines(info: LslStreamInfo): string[] {
  const { name, type, channelCount, channelFormat, nominalRate, hostname, v4Address, v4DataPort, sourceId } = info
  const rate = nominalRate === 0 ? 'irregular' : `${nominalRate} Hz`
  const head = [
    `${name}  ${type || 'no type'}, ${channelCount} × ${channelFormat}, ${rate}`,
    `  at ${v4Address}:${v4DataPort} (${hostname}), source id '${sourceId}', uid ${info.uid}`
  ]
  return [...head, ...descLines(info.desc, 1)]
}

function descLines({ name, text, children }: LslStreamInfo['desc'], depth: number): string[] {
  const indent = '  '.repeat(depth)
  const isRow = children.length > 0 && children.every((child) => child.children.length === 0)
  if (isRow) return [`${indent}${name}: ${children.map((child) => `${child.name} ${child.text ?? ''}`).join(', ')}`]
  const own = text === undefined ? '' : `: ${text}`
  return [`${indent}${name}${own}`, ...children.flatMap((child) => descLines(child, depth + 1))]
}

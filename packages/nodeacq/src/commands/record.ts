import type { RecorderStatus } from '@nodeacq/core'
import { withOptions } from '@nodeacq/rpc'
import type { Command } from 'commander'
import { setTimeout as sleep } from 'node:timers/promises'
import { ArgumentError, NodeacqError } from '../errors.ts'
import { withManager } from '../run/withManager.ts'
import { formatClock } from '../screen/format.ts'
import { paintFor } from '../screen/Paint.ts'
import { recorderLines } from '../screen/recorderLines.ts'
import { repeatedOption, parseAddress, parseReason } from './options.ts'
import { EXIT, type ExitCode, type Output } from './Output.ts'

interface RecordOptions {
  readonly manager?: string
  readonly json?: true
}

/** ms that a start may take: every recorder makes its file on its disk. */
const START_TIME = 60_000
/** ms between two looks at recordings that close. */
const LOOK = 200

/** `nodeacq record start`, `stop`, `status` and `annotate`: recordings of a graph that runs. */
export function addRecordCommand(program: Command, output: Output, done: (code: ExitCode) => void): void {
  const record = program
    .command('record')
    .summary('start, stop and annotate recordings of a graph that runs')
    .description(
      'Controls the recorders of a graph that another `nodeacq run` runs: all begin together, or none does. Without ' +
        '--manager it is the only run of this user on this machine.'
    )
    .addHelpText(
      'after',
      `
Examples:
  $ nodeacq record start
  $ nodeacq record annotate "subject opened the eyes"
  $ nodeacq record stop
  $ nodeacq record status --manager tcp://10.0.0.53:8000`
    )
  const add = (name: string, summary: string): Command =>
    record
      .command(name)
      .summary(summary)
      .option('--manager <address>', 'the run, by the address that it told when it started', parseAddress)
      .option('--json', 'print one JSON object')

  add('start', 'begin a recording')
    .description(
      'Prepares every recorder that is idle, and begins when all are ready. What the graph file requires is checked before; ' +
        'where it is not met, only --override starts a recording, which keeps the reason. Exit code: 0 it records; 1 not.'
    )
    .option('--override <reason>', 'record although the contract of the graph is not met', parseReason)
    .addOption(repeatedOption('--note <key=value>', 'what the recording shall say of itself'))
    .action(async ({ override, note, ...options }: RecordOptions & { override?: string; note: string[] }) => {
      const notes = Object.fromEntries(note.map(parseNote))
      const recorders = await withManager(options, async (manager) => {
        const wanted = { notes, ...(override !== undefined && { override }) }
        return await withOptions(manager, { timeout: START_TIME }).startRecording(wanted)
      }).catch((error: unknown) => {
        const hint = error instanceof NodeacqError && error.message.includes('require: ')
        if (!hint) throw error
        throw new NodeacqError(`${error.message}\n--override "reason" records all the same`, { cause: error })
      })
      if (options.json) return show(output, options, recorders)
      for (const { node, file } of recorders) output.stdout.write(`${node}: recording to ${file}\n`)
    })
  add('stop', 'end the recording, and check it')
    .description(
      'Ends every recording; the graph runs on. Waits until the files are closed and checked. Exit code: 0 all is recorded; ' +
        '1 something failed or was lost.'
    )
    .action(async (options: RecordOptions) => {
      const recorders = await withManager(options, async (manager) => {
        let now = await withOptions(manager, { timeout: START_TIME }).stopRecording({ wait: false })
        const names = new Set(now.map(({ node }) => node))
        while (now.some(({ state }) => state === 'closing')) {
          await sleep(LOOK)
          now = (await manager.recordStatus()).filter(({ node }) => names.has(node))
        }
        return now
      })
      show(output, options, recorders)
      done(recorders.every(isGood) ? EXIT.ok : EXIT.notOk)
    })
  add('status', 'what every recorder does')
    .description('Tells of every recorder what it does, into which file, for how long, and what was lost.')
    .action(async (options: RecordOptions) => {
      const recorders = await withManager(options, async (manager) => await manager.recordStatus())
      if (recorders.length === 0 && !options.json) output.stdout.write('the graph has no recorder\n')
      else show(output, options, recorders)
    })
  add('annotate', 'put a text into the recording')
    .description('Puts a text with its time, and the samples there were then, into every recording that runs.')
    .argument('<text...>', 'what happened')
    .action(async (words: string[], options: RecordOptions) => {
      const time = Date.now()
      const text = words.join(' ')
      const recorders = await withManager(options, async (manager) => await manager.annotate(text, { time }))
      if (options.json) return show(output, options, recorders)
      const where = recorders.map(({ node, seconds }) => `${node} at ${formatClock(seconds)}`)
      output.stdout.write(`noted in ${where.join(', ')}\n`)
    })
}

const isGood = ({ state, lostSamples }: RecorderStatus): boolean => state !== 'failed' && lostSamples === 0

function show({ stdout }: Output, { json }: RecordOptions, recorders: readonly RecorderStatus[]): void {
  if (json) stdout.write(`${JSON.stringify({ recorders })}\n`)
  else stdout.write(`${recorderLines(recorders, paintFor(stdout)).join('\n')}\n`)
}

function parseNote(text: string): [string, string] {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (key === undefined) throw new ArgumentError(`--note: expected key=value, got '${text}'`)
  return [key, value!]
}

import { convertRecording, exportTargets, type GapMode } from '@nodeacq/nodes'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { toJsonSchema } from '../graph/jsonSchema.ts'
import { conversionLines } from '../screen/conversionLines.ts'
import { ProgressLine } from '../screen/ProgressLine.ts'
import type { Output } from './Output.ts'
import { asRecordingError, sizeOf } from './recordingErrors.ts'

interface ConvertOptions {
  readonly to: string
  readonly out?: string
  readonly streams?: readonly string[]
  readonly gaps?: GapMode
  readonly set?: Settings
  readonly force?: true
  readonly json?: true
}

/** `nodeacq convert`: recordings in other formats. */
export function addConvertCommand(program: Command, { stdout, stderr }: Output): void {
  const formats = Object.entries(exportTargets).map(([name, { description }]) => `  ${name.padEnd(12)}${description}`)
  program
    .command('convert')
    .summary('write a recording in another format')
    .description(
      'Writes a recording in another format. What the format cannot say is reported, and stands in a file beside the result, ' +
        '<name>.<format>.nodeacq.json: gaps with their causes, units, names, what was rounded or clipped.'
    )
    .argument('<file>', 'recording, of any format that nodeacq reads')
    .addOption(new Option('--to <format>', 'format').choices(Object.keys(exportTargets)).makeOptionMandatory())
    .option('--out <file>', 'the result (default: beside the recording, with the extension of the format)')
    .option('--streams <name...>', 'only these streams')
    .addOption(
      new Option(
        '--gaps <mode>',
        'how missing samples are shown: filled and marked, as the format does by itself, or by a file for each stretch ' +
          'without a gap (default: as the readers of the format need it)'
      ).choices(['fill', 'native', 'split'])
    )
    .addOption(new Option('--set <key=value...>', 'options of the format').argParser<Settings>(parseSetting))
    .option('--force', 'replace what is there')
    .option('--json', 'print the report as one JSON object')
    .addHelpText('after', `\nFormats:\n${formats.join('\n')}`)
    .addHelpText('after', `\nOptions of formats (--set):\n${optionLines().join('\n')}`)
    .addHelpText(
      'after',
      '\nExamples:\n  $ nodeacq convert session.mcap --to edf' +
        "\n  $ nodeacq convert session.mcap --to bdf --gaps split --set 'range=[-500,500]' patientCode=S01"
    )
    .action(async (path: string, { to, out, json, ...options }: ConvertOptions) => {
      const target = out ?? path.replace(/(\.[a-z]+)?\/?$/i, exportTargets[to]!.extension)
      const report = await asRecordingError(async () => {
        const bytes = await sizeOf(path)
        using progress = new ProgressLine(stderr, 'converting', bytes)
        return await convertRecording(path, target, { to, ...options, progress: (part) => progress.show(part * bytes) })
      })
      stdout.write(json ? `${JSON.stringify(report)}\n` : `${conversionLines(report).join('\n')}\n`)
    })
}

/** `key=value`, or `key.part=value`; what can be read as JSON is. */
function parseSetting(text: string, before: Settings = {}): Settings {
  const equals = text.indexOf('=')
  if (equals < 1) throw new InvalidArgumentError(`Expected key=value, got '${text}'.`)
  return put(before, text.slice(0, equals).split('.'), valueOf(text.slice(equals + 1)))
}

type Settings = Readonly<Record<string, unknown>>

function put(settings: Settings, [key = '', ...rest]: readonly string[], value: unknown): Settings {
  if (rest.length === 0) return { ...settings, [key]: value }
  const inner = settings[key]
  return {
    ...settings,
    [key]: put(typeof inner === 'object' && inner !== null ? (inner as Settings) : {}, rest, value)
  }
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function optionLines(): string[] {
  return Object.values(exportTargets).flatMap(({ name, optionsSchema }) =>
    Object.entries(optionsSchema === undefined ? {} : (toJsonSchema(optionsSchema).properties ?? {})).map(
      ([key, schema]) => `  ${name.padEnd(12)}${[key, schema.description].filter(Boolean).join(': ')}`
    )
  )
}

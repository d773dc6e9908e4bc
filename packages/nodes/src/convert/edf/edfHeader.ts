import type { ExportStream } from '../Exporter.ts'
import type { ChannelPlan } from './ChannelPlan.ts'
import type { EdfOptions } from './options.ts'
import { field8, type EdfKind } from './scaling.ts'

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']

export interface EdfHeaderContent {
  readonly kind: EdfKind
  readonly isContinuous: boolean
  /** `2024-03-02T10:20:30`; undefined when it is not known. */
  readonly date: string | undefined
  /** 80 characters each. */
  readonly patient: string
  readonly recording: string
  /** s of a record. */
  readonly duration: number
  readonly signals: readonly {
    readonly stream: ExportStream
    readonly plans: readonly ChannelPlan[]
    readonly perRecord: number
    readonly labels: readonly string[]
  }[]
  readonly annotationSamples: number
}

/** Where the number of records stands, eight characters; it is -1 until the first records are in the file. */
export const RECORDS_AT = 236

export function patientField({ patientCode, sex, birthdate, patientName }: EdfOptions): string {
  return `${patientCode} ${sex} ${birthdate === undefined ? 'X' : dateField(birthdate)} ${patientName}`
}

export function recordingField(date: string | undefined, { admin, technician, equipment }: EdfOptions): string {
  return `Startdate ${date === undefined ? 'X' : dateField(date)} ${admin} ${technician} ${equipment}`
}

/** `02-MAR-2024` */
function dateField(date: string): string {
  const [year, month, day] = date.slice(0, 10).split('-')
  return `${day}-${MONTHS[Number(month) - 1] ?? 'JAN'}-${year}`
}

/** The head of an EDF+ or BDF+ file: printable ASCII, padded with spaces. */
export function edfHeader(content: EdfHeaderContent): Buffer {
  const { kind, date, duration, annotationSamples } = content
  const [day = '01', month = '01', year = '1985'] = date?.slice(0, 10).split('-').toReversed() ?? []
  const time = date?.slice(11, 19).replaceAll(':', '.') ?? '00.00.00'
  const signals = content.signals.flatMap(({ stream, plans, perRecord, labels }) =>
    plans.map(({ scaling }, k) => {
      const { transducer = '', prefilter = '' } = stream.channelInfo[k]!
      return { label: labels[k]!, transducer, prefilter, scaling, perRecord }
    })
  )
  const count = signals.length + 1
  const isBdf = kind === 'BDF'
  const range = isBdf ? ['-8388608', '8388607'] : ['-32768', '32767']
  const head = [
    isBdf ? Buffer.concat([Buffer.from([0xff]), text('BIOSEMI', 7)]) : text('0', 8),
    text(content.patient, 80),
    text(content.recording, 80),
    text(`${day}.${month}.${year.slice(-2)}`, 8),
    text(time, 8),
    text(String(256 * (count + 1)), 8),
    text(`${kind}+${content.isContinuous ? 'C' : 'D'}`, 44),
    text('-1', 8),
    text(field8(duration)!, 8),
    text(String(count), 4)
  ]
  const column = (values: readonly string[], length: number): Buffer[] => values.map((value) => text(value, length))
  return Buffer.concat([
    ...head,
    ...column([...signals.map(({ label }) => label), `${kind} Annotations`], 16),
    ...column([...signals.map(({ transducer }) => transducer), ''], 80),
    ...column([...signals.map(({ scaling }) => scaling.unit), ''], 8),
    ...column([...signals.map(({ scaling }) => scaling.physicalMinField), '-1'], 8),
    ...column([...signals.map(({ scaling }) => scaling.physicalMaxField), '1'], 8),
    ...column([...signals.map(({ scaling }) => String(scaling.digitalMin)), range[0]!], 8),
    ...column([...signals.map(({ scaling }) => String(scaling.digitalMax)), range[1]!], 8),
    ...column([...signals.map(({ prefilter }) => prefilter), ''], 80),
    ...column([...signals.map(({ perRecord }) => String(perRecord)), String(annotationSamples)], 8),
    ...column(
      Array.from({ length: count }, () => ''),
      32
    )
  ])
}

/** Names of channels as the format can hold them: 16 characters of ASCII, each once in the file. */
export function labelsOf(streams: readonly ExportStream[]): string[][] {
  // A signal of such a name would be taken for annotations.
  const used = new Set<string>(['EDF Annotations', 'BDF Annotations'])
  return streams.map(({ channelInfo }) =>
    channelInfo.map(({ name }) => {
      const plain = ascii(name).slice(0, 16).trim() || 'channel'
      let label = plain
      for (let k = 2; used.has(label); k++) label = `${plain.slice(0, 15 - String(k).length)}-${k}`
      used.add(label)
      return label
    })
  )
}

function text(value: string, length: number): Buffer {
  return Buffer.from(ascii(value).slice(0, length).padEnd(length), 'latin1')
}

function ascii(value: string): string {
  return value
    .replaceAll(/[µμ]/g, 'u')
    .normalize('NFD')
    .replaceAll(/[^\x20-\x7e]/g, '')
}

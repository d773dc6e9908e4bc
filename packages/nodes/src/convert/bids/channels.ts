import { voltsOf } from '../../files/voltsOf.ts'
import type { ExportStream } from '../Exporter.ts'
import type { BidsOptions, ChannelType } from './options.ts'
import { cell, type Table } from './tsv.ts'

/** One row of channels.tsv. */
export interface BidsChannel {
  /** As the source calls it. */
  readonly source: string
  readonly name: string
  readonly type: ChannelType
  readonly unit: string
  readonly sampleRate: number
}

/** What names of channels tell. */
const BY_NAME: readonly (readonly [RegExp, ChannelType])[] = [
  [/^v[-_ ]?eog/i, 'VEOG'],
  [/^h[-_ ]?eog/i, 'HEOG'],
  [/eog/i, 'EOG'],
  [/ecg|ekg/i, 'ECG'],
  [/emg/i, 'EMG'],
  [/^(trig|status|sti\b|ttl|dig|xd\d)/i, 'TRIG'],
  [/gsr|^eda/i, 'GSR'],
  [/resp/i, 'RESP'],
  [/temp/i, 'TEMP'],
  [/^acc/i, 'ACCEL'],
  [/^gyr/i, 'GYRO'],
  [/^mag/i, 'MAGN'],
  [/ppg/i, 'PPG'],
  [/audio|^mic/i, 'AUDIO'],
  [/^ref/i, 'REF']
]

const OF_DATATYPE = { eeg: 'EEG', ieeg: 'SEEG', emg: 'EMG' } as const

/** Name, type and unit of each channel; names are those in the data file. */
export function bidsChannels(
  { channelInfo, sampleRate, streamType }: ExportStream,
  names: readonly string[],
  { types, datatype }: BidsOptions
): BidsChannel[] {
  return channelInfo.map(({ name: source, unit = '', type }, k) => {
    const told = typeof type === 'string' ? type.toUpperCase() : undefined
    const known = BY_NAME.find(([pattern]) => pattern.test(source))?.[1]
    const isVoltage = unit === '' || voltsOf(unit) !== undefined
    const guessed = streamType.startsWith('digital') ? 'TRIG' : (known ?? (isVoltage ? OF_DATATYPE[datatype] : 'MISC'))
    const own = types[source] ?? (isType(told) ? told : guessed)
    return { source, name: names[k]!, type: own, unit: unit.replace(/^[uμ](?=V|g)/, 'µ'), sampleRate }
  })
}

function isType(text: string | undefined): text is ChannelType {
  return text !== undefined && /^[A-Z]+$/.test(text) && (BIDS_TYPES as ReadonlySet<string>).has(text)
}

const BIDS_TYPES: ReadonlySet<ChannelType> = new Set([
  ...BY_NAME.map(([, type]) => type),
  'EEG',
  'SEEG',
  'ECOG',
  'DBS',
  'MISC'
])

/** Names without what divides cells, each once: data file and table must agree on them. */
export function plainNames(names: readonly string[]): string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    const plain = cell(name)
    let own = plain
    for (let k = 2; taken.has(own); k++) own = `${plain}-${k}`
    taken.add(own)
    return own
  })
}

export function channelsTable(channels: readonly BidsChannel[]): Table {
  return {
    columns: [
      'name',
      'type',
      'units',
      'low_cutoff',
      'high_cutoff',
      'sampling_frequency',
      'status',
      'status_description'
    ],
    rows: channels.map(({ name, type, unit, sampleRate }) => [
      name,
      type,
      cell(unit),
      'n/a',
      'n/a',
      String(sampleRate),
      'good',
      'n/a'
    ])
  }
}

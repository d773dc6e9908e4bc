import type { SimulatedMarker, SimulatedRecord } from './CortexModel.ts'
import type { SimulatedHeadset } from './headsets.ts'
import { streamModel, type StreamModel } from './streams.ts'

/** What a record was taken from: the samples are made again from their numbers. */
export interface RecordSource {
  readonly headset: SimulatedHeadset
  /** ms of the epoch at which the headset began to count. */
  readonly zero: number
}

/** Columns of a table, with the rate of their stream. */
interface Part {
  readonly rate: number
  readonly names: readonly string[]
  /** Cells for sample `n` of the stream. */
  readonly cells: (n: number) => readonly unknown[]
}

const NO_EXTRAS = { isInterpolated: false, counterOffset: 0, markers: [] }
const METRICS: Readonly<Record<string, string>> = {
  eng: 'Engagement',
  exc: 'Excitement',
  str: 'Stress',
  rel: 'Relaxation',
  int: 'Interest',
  foc: 'Focus'
}

/**
 * A record as Emotiv's CSV, version 2: a line of keys and values, a line of names, a row for each sample of EEG. Slower
 * streams have cells only in the row at which their sample came. Source: EmotivPRO's manual, "CSV files"; what it leaves open
 * is ours: the markers' type (1 instance, 2 interval) and 0 where there is none. Raw, least and greatest metrics are left out.
 * @param streamTypes those of EEG, MOTION, PM, BP that are wanted; EEG always is
 */
export function* recordCsv(
  record: SimulatedRecord,
  source: RecordSource,
  streamTypes: readonly string[]
): Generator<string> {
  const { headset, zero } = source
  const eeg = streamModel('eeg', headset, true)!
  const parts = partsOf(headset, streamTypes)
  const numberAt = (ms: number, rate: number) => Math.ceil(((ms - zero) * rate) / 1000 - 1e-6)
  const timeOf = (n: number) => ((zero + (n * 1000) / eeg.rate) / 1000).toFixed(6)
  const [first, end] = [
    numberAt(Date.parse(record.startDatetime), eeg.rate),
    numberAt(Date.parse(record.endDatetime), eeg.rate)
  ]
  const names = ['Timestamp', ...parts.flatMap((part) => part.names)]
  const [type = '', serial = ''] = headset.id.split('-')
  yield `${[
    `title:${record.title.replace(/[,\r\n]/g, ' ')}`,
    ` start timestamp:${timeOf(first)}`,
    ` stop timestamp:${timeOf(Math.max(first, end - 1))}`,
    ` headset type:${type}`,
    ` headset serial:${serial}`,
    ` headset firmware:${headset.firmware}`,
    ` channels:${names.length}`,
    ` sampling rate:${ratesOf(headset, streamTypes)}`,
    ` samples:${Math.max(0, end - first)} `,
    ' version:2.1'
  ].join(',')},\n`
  yield `${names.join(',')}\n`
  const markers = new Map(record.markers.map((marker, k) => [numberAt(Date.parse(marker.startDatetime), eeg.rate), k]))
  for (let n = first; n < end; n++) {
    const cells: unknown[] = [timeOf(n)]
    for (const { rate, names: columns, cells: at } of parts) {
      if (rate === 0) cells.push(...markerCells(markers.get(n), record.markers))
      else {
        const sample = Math.floor((n * rate) / eeg.rate)
        // The row of a slower stream's sample is the first at or after it.
        const isNew = n === 0 || sample !== Math.floor(((n - 1) * rate) / eeg.rate)
        cells.push(...(isNew ? at(sample) : columns.map(() => '')))
      }
    }
    yield `${cells.map(cell).join(',')}\n`
  }
}

/** The markers of a record as a table of their own. */
export function* markerCsv({ markers, startDatetime }: SimulatedRecord): Generator<string> {
  yield 'latency,duration,type,marker_value,key,timestamp,marker_id\n'
  for (const [k, { startDatetime: from, endDatetime: to, label, value }] of markers.entries()) {
    const [start, end] = [Date.parse(from), Date.parse(to)]
    const latency = (start - Date.parse(startDatetime)) / 1000
    yield `${[latency, (end - start) / 1000, label, value, -1, start / 1000, k + 1].map(cell).join(',')}\n`
  }
}

function partsOf(headset: SimulatedHeadset, streamTypes: readonly string[]): Part[] {
  const model = (name: string) => streamModel(name, headset, true)
  const { sensors } = headset
  const eeg = model('eeg')!
  const quality = part(model('dev'), (cols) => [
    ['EEG.Battery', cols.indexOf('Battery')],
    ['EEG.BatteryPercent', cols.indexOf('BatteryPercent')]
  ])
  const parts = [
    part(eeg, (cols) => [
      ['EEG.Counter', 0],
      ['EEG.Interpolated', 1],
      ...sensors.map((sensor) => [`EEG.${sensor}`, cols.indexOf(sensor)] as const),
      ['EEG.RawCq', cols.indexOf('RAW_CQ')]
    ]),
    quality,
    [{ rate: 0, names: ['MarkerIndex', 'MarkerType', 'MarkerValueInt'], cells: () => [] }],
    part(eeg, (cols) => [['EEG.MarkerHardware', cols.indexOf('MARKER_HARDWARE')]]),
    part(model('dev'), (cols) => [
      ...sensors.map((sensor) => [`CQ.${sensor}`, cols.indexOf(sensor)] as const),
      ['CQ.Overall', cols.indexOf('OVERALL')]
    ]),
    part(model('eq'), (cols) => [
      ['EQ.SampleRateQuality', cols.indexOf('sampleRateQuality')],
      ['EQ.OVERALL', cols.indexOf('overall')],
      ...sensors.map((sensor) => [`EQ.${sensor}`, cols.indexOf(sensor)] as const)
    ])
  ]
  if (streamTypes.includes('MOTION'))
    parts.push(part(model('mot'), (cols) => cols.map((name, k) => [motionName(name), k])))
  if (streamTypes.includes('PM')) parts.push(part(model('met'), (cols) => cols.map((name, k) => [metricName(name), k])))
  if (streamTypes.includes('BP')) {
    parts.push(part(model('pow'), (cols) => cols.map((name, k) => [`POW.${bandName(name)}`, k])))
  }
  return parts.flat()
}

/** Columns of a stream, and where they are among its values; none where the headset has no such stream. */
function part(
  model: StreamModel | undefined,
  columnsOf: (cols: readonly string[]) => readonly (readonly [name: string, place: number])[]
): Part[] {
  if (model === undefined) return []
  const columns = columnsOf(model.cols.flat())
  const cells = (n: number): unknown[] => {
    const values = model.values(n, NO_EXTRAS).flat()
    return columns.map(([, place]) => values[place])
  }
  return [{ rate: model.rate, names: columns.map(([name]) => name), cells }]
}

function ratesOf({ settings }: SimulatedHeadset, streamTypes: readonly string[]): string {
  const rates = [`eeg_${settings.eegRate}`]
  if (streamTypes.includes('MOTION') && settings.memsRate > 0) rates.push(`mot_${settings.memsRate}`)
  if (streamTypes.includes('PM')) rates.push('met_2')
  if (streamTypes.includes('BP')) rates.push('pow_8')
  return rates.join(';')
}

/** `COUNTER_MEMS` → `MOT.CounterMems`, `ACCX` → `MOT.AccX` */
function motionName(name: string): string {
  const words = name.split('_').map((word) => word[0] + word.slice(1).toLowerCase())
  return `MOT.${words.join('').replace(/([xyz])$/, (axis) => axis.toUpperCase())}`
}

/** `eng.isActive` → `PM.Engagement.IsActive` */
function metricName(name: string): string {
  if (name === 'lex') return 'PM.LongTermExcitement'
  const [metric = '', isActive] = name.split('.')
  return `PM.${METRICS[metric] ?? metric}.${isActive === undefined ? 'Scaled' : 'IsActive'}`
}

/** `AF3/betaL` → `AF3.BetaL` */
function bandName(name: string): string {
  const [sensor = '', band = ''] = name.split('/')
  return `${sensor}.${band.slice(0, 1).toUpperCase()}${band.slice(1)}`
}

function markerCells(k: number | undefined, markers: readonly SimulatedMarker[]): unknown[] {
  if (k === undefined) return [0, 0, 0]
  const { type, value } = markers[k]!
  return [k + 1, type === 'instance' ? 1 : 2, Number.isInteger(Number(value)) ? Number(value) : 0]
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = typeof value === 'boolean' ? String(Number(value)) : String(value as string | number)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/**
 * Writes BrainVision Core Data Format 1.0: header and markers as text, samples multiplexed. Gaps are kept as the vendor does:
 * the data go on, and a marker `New Segment` with its date stands where they do, beside a comment that says how many samples
 * were lost.
 */
import { open, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { NdArray } from '@nodeacq/ndarray'
import type { RecordedStream, SampleFile } from '../../files/SampleFile.ts'
import { segmentsOf } from '../../files/timeline.ts'
import { RecorderError } from '../../recorders/RecorderError.ts'
import { writePieces } from '../../recorders/writePieces.ts'
import type { ConversionOptions, ConversionReport } from '../Conversion.ts'

/** Rows that are written at once. */
const BLOCK = 65_536

export async function writeBrainVision(
  source: SampleFile,
  path: string,
  { streams: wanted, progress }: ConversionOptions
): Promise<ConversionReport> {
  const stream = streamOf(source, path, wanted)
  const isInt16 =
    stream.dtype.kind === 'i' &&
    stream.dtype.itemSize <= 2 &&
    stream.channelInfo.every(({ offset = 0 }) => offset === 0)
  const base = basename(path, '.vhdr')
  const paths = { vmrk: path.replace(/\.vhdr$/, '.vmrk'), eeg: path.replace(/\.vhdr$/, '.eeg') }
  const markers = await markersOf(source, stream)
  try {
    await writeFile(path, headerText(stream, base, isInt16), { flag: 'wx' })
    await writeFile(paths.vmrk, markerText(base, markers), { flag: 'wx' })
    await writeSamples(paths.eeg, stream, { isInt16, progress })
  } catch (cause) {
    throw RecorderError.from(path, 'write', cause)
  }
  const others = source.streams.filter((each) => each !== stream)
  const isExact = isInt16 || (stream.dtype.kind === 'f' && stream.dtype.itemSize === 4) || stream.dtype.itemSize <= 2
  return {
    source: source.path,
    target: 'BrainVision',
    files: [path, paths.vmrk, paths.eeg],
    streams: [
      {
        stream: stream.name,
        isExact,
        step: 0,
        relativeGainError: 0,
        clipped: 0,
        notFinite: 0,
        gaps: stream.gaps.length,
        filled: 0,
        renamed: {},
        unitsChanged: {}
      }
    ],
    events: (await source.events()).length,
    dropped: others.map(({ name }) => `stream '${name}': the format holds one stream`)
  }
}

function streamOf(source: SampleFile, path: string, wanted: readonly string[] | undefined): RecordedStream {
  if (wanted !== undefined && wanted.length !== 1)
    throw new RecorderError(path, 'the format holds one stream; name one of them')
  const suits = ({ dtype, sampleShape, sampleRate }: RecordedStream): boolean =>
    'iuf'.includes(dtype.kind) && dtype.fields === undefined && sampleShape.length <= 1 && sampleRate > 0
  const stream = source.streams.find((each) => (wanted === undefined ? suits(each) : each.name === wanted[0]))
  if (stream === undefined || !suits(stream))
    throw new RecorderError(path, `no stream of ${source.path} can be written`)
  return stream
}

function headerText({ channelInfo, sampleRate, name }: RecordedStream, base: string, isInt16: boolean): string {
  // Where samples are floats, scale and offset are applied: the format knows no offset.
  const lines = channelInfo.map(({ name: channel, unit = '', gain = 1 }, k) => {
    const shown = unit.replace(/^[uμ](?=V|g)/, 'µ')
    return `Ch${k + 1}=${channel.replaceAll(',', '\\1')},,${isInt16 ? gain : 1},${shown}`
  })
  return [
    'Brain Vision Data Exchange Header File Version 1.0',
    '; written by nodeacq',
    '',
    '[Common Infos]',
    'Codepage=UTF-8',
    `DataFile=${base}.eeg`,
    `MarkerFile=${base}.vmrk`,
    'DataFormat=BINARY',
    'DataOrientation=MULTIPLEXED',
    `NumberOfChannels=${channelInfo.length}`,
    `SamplingInterval=${1e6 / sampleRate}`,
    '',
    '[Binary Infos]',
    `BinaryFormat=${isInt16 ? 'INT_16' : 'IEEE_FLOAT_32'}`,
    '',
    '[Channel Infos]',
    ...lines,
    '',
    '[Comment]',
    `stream ${name}`,
    ''
  ].join('\r\n')
}

interface Marker {
  readonly type: string
  readonly description: string
  readonly row: number
  readonly points: number
  readonly date?: string
}

async function markersOf(source: SampleFile, stream: RecordedStream): Promise<Marker[]> {
  const segments = segmentsOf(stream)
  const first = segments[0]?.index ?? 0
  const markers: Marker[] = segments.map(({ row, index }) => {
    const date =
      source.startTime === undefined ? undefined : dateOf(source.startTime, (index - first) / stream.sampleRate)
    return { type: 'New Segment', description: '', row, points: 1, ...(date !== undefined && { date }) }
  })
  for (const { from, to, row, cause } of stream.gaps) {
    markers.push({ type: 'Comment', description: `gap: ${to - from} samples lost (${cause})`, row, points: 1 })
  }
  const rate = source.streams[0]?.sampleRate ?? stream.sampleRate
  for (const { index, duration, label, value } of await source.events()) {
    const at = Math.round((index / rate) * stream.sampleRate)
    const row = rowOf(segments, at)
    const points = Math.max(1, Math.round((duration / rate) * stream.sampleRate))
    const [type = 'Comment', description] = label.includes('/')
      ? label.split('/', 2)
      : ['Comment', label || `S${String(value).padStart(3)}`]
    markers.push({ type, description: description ?? '', row, points })
  }
  return markers.toSorted((a, b) => a.row - b.row)
}

/** The row of a sample; of one that is missing, the next that is there. */
function rowOf(segments: readonly { row: number; index: number; count: number }[], index: number): number {
  const segment = segments.find((each) => index < each.index + each.count) ?? segments.at(-1)
  if (segment === undefined) return 0
  return segment.row + Math.max(0, Math.min(segment.count - 1, index - segment.index))
}

/** `20240302102030125000` of a local time, so many seconds later. */
function dateOf(start: string, seconds: number): string {
  const [whole = '', fraction = ''] = start.split('.')
  const micros = Number(fraction.padEnd(6, '0').slice(0, 6)) + Math.round(seconds * 1e6)
  const time = new Date(Date.parse(`${whole}Z`) + Math.floor(micros / 1e6) * 1000)
  const digits = time.toISOString().replaceAll(/\D/g, '').slice(0, 14)
  return `${digits}${String(((micros % 1e6) + 1e6) % 1e6).padStart(6, '0')}`
}

function markerText(base: string, markers: readonly Marker[]): string {
  const lines = markers.map(({ type, description, row, points, date }, k) => {
    const text = description.replaceAll(',', '\\1').replaceAll(/[\r\n]/g, ' ')
    return `Mk${k + 1}=${type},${text},${row + 1},${points},0${date === undefined ? '' : `,${date}`}`
  })
  return [
    'Brain Vision Data Exchange Marker File Version 1.0',
    '',
    '[Common Infos]',
    'Codepage=UTF-8',
    `DataFile=${base}.eeg`,
    '',
    '[Marker Infos]',
    ...lines,
    ''
  ].join('\r\n')
}

async function writeSamples(
  path: string,
  stream: RecordedStream,
  { isInt16, progress }: { isInt16: boolean; progress?: ((fraction: number) => void) | undefined }
): Promise<void> {
  await using file = await open(path, 'wx')
  let position = 0
  for (let row = 0; row < stream.sampleCount; row += BLOCK) {
    const to = Math.min(row + BLOCK, stream.sampleCount)
    const block = (await stream.read(row, to, isInt16 ? 'digital' : 'physical')).astype(isInt16 ? 'int16' : 'float32')
    const bytes = block instanceof NdArray && block.isContiguous ? block.bytes() : block.copy().bytes()
    await writePieces(file, [bytes], position, (count) => (position += count))
    progress?.(to / stream.sampleCount)
  }
  await file.sync()
}

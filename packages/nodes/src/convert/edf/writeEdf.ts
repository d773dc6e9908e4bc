/**
 * Writes EDF+C and BDF+C. Sources: Kemp et al. 1992 and 2003 (edfplus.info), BioSemi's description of BDF.
 * What is missing is filled with the value nearest to 0 and marked by the annotation `BAD_gap`, which MNE leaves out.
 */
import { open } from 'node:fs/promises'
import type { RecordedStream, SampleFile } from '../../files/SampleFile.ts'
import type { Tal } from '../../files/edf/tal.ts'
import { RecorderError } from '../../recorders/RecorderError.ts'
import { writePieces } from '../../recorders/writePieces.ts'
import {
  streamConversion,
  type ConversionOptions,
  type ConversionReport,
  type StreamConversion
} from '../Conversion.ts'
import { IndexReader } from '../IndexReader.ts'
import { planChannels, type ChannelPlan } from './ChannelPlan.ts'
import { edfHeader, labelsOf } from './edfHeader.ts'
import { packAnnotations } from './packAnnotations.ts'
import type { EdfKind } from './scaling.ts'

/** s of a record, the first that suits. */
const DURATIONS = [1, 0.5, 0.25, 0.2, 0.125, 0.1, 0.05, 0.04, 0.025, 0.02, 0.01, 2, 4, 5, 8, 10, 20, 50, 100]
/** Bytes of a record that every reader takes. */
const MAX_RECORD = { EDF: 10 * 1024 * 1024, BDF: 15 * 1024 * 1024 }
const ANNOTATION_BYTES = 120

interface Planned {
  readonly stream: RecordedStream
  readonly reader: IndexReader
  readonly plans: readonly ChannelPlan[]
  readonly perRecord: number
  /** Index that lies at the beginning of the first record. */
  readonly origin: number
  readonly labels: readonly string[]
}

export async function writeEdf(
  source: SampleFile,
  path: string,
  { kind, streams: wanted, progress }: ConversionOptions & { readonly kind: EdfKind }
): Promise<ConversionReport> {
  const dropped: string[] = []
  const streams = source.streams.filter((stream) => {
    if (wanted !== undefined) return wanted.includes(stream.name)
    const reason = whyNot(stream)
    if (reason !== undefined) dropped.push(`stream '${stream.name}': ${reason}`)
    return reason === undefined
  })
  for (const stream of streams) {
    const reason = whyNot(stream)
    if (reason !== undefined) throw new RecorderError(path, `stream '${stream.name}' cannot be written: ${reason}`)
  }
  if (streams.length === 0)
    throw new RecorderError(path, `no stream of ${source.path} can be written: ${dropped.join('; ')}`)
  const readers = streams.map((stream) => new IndexReader(stream))
  const start = Math.min(...readers.map(({ first, stream }) => first / stream.sampleRate))
  const end = Math.max(...readers.map(({ end: last, stream }) => last / stream.sampleRate))
  const duration = durationOf(path, streams, kind)
  const labels = labelsOf(streams)
  const planned: Planned[] = []
  for (const [k, stream] of streams.entries()) {
    const plans = await planChannels(path, stream, kind)
    const perRecord = Math.round(stream.sampleRate * duration)
    const origin = Math.round(start * stream.sampleRate)
    planned.push({ stream, reader: readers[k]!, plans, perRecord, origin, labels: labels[k]! })
  }
  const records = Math.max(1, Math.ceil((end - start) / duration - 1e-9))
  const { date, fraction } = startOf(source.startTime)
  const annotations = [
    ...(await eventTals(source, start, fraction)),
    ...gapTals(planned, fraction),
    ...paddingTals(planned, { records, duration, fraction })
  ]
  const onsets = Array.from({ length: records }, (_, k) => fraction + k * duration)
  const bytesPerSample = kind === 'EDF' ? 2 : 3
  const least = Math.ceil(ANNOTATION_BYTES / bytesPerSample) * bytesPerSample
  const packed = evenLength(packAnnotations(onsets, annotations, least), bytesPerSample)
  const header = edfHeader({
    kind,
    date,
    records,
    duration,
    signals: planned,
    annotationSamples: packed[0]!.length / bytesPerSample
  })
  const counts = await writeRecords(path, { header, planned, packed, bytesPerSample, progress })
  return {
    source: source.path,
    target: `${kind}+`,
    files: [path],
    streams: planned.map((each, k) => reportOf(each, counts[k]!)),
    events: (await source.events()).length,
    dropped
  }
}

/** Why a stream cannot be a signal of EDF. */
function whyNot({ dtype, sampleShape, sampleRate, sampleCount }: RecordedStream): string | undefined {
  if (dtype.fields !== undefined || !'iuf'.includes(dtype.kind)) return `its samples are ${dtype.name}`
  if (sampleShape.length > 1) return 'its samples have several axes'
  if (!(sampleRate > 0)) return 'it has no regular rate'
  return sampleCount === 0 ? 'it is empty' : undefined
}

/** s of a record in which every stream has a whole number of samples. */
function durationOf(path: string, streams: readonly RecordedStream[], kind: EdfKind): number {
  const bytes = (duration: number): number =>
    streams.reduce(
      (sum, { sampleRate, channelCount }) => sum + sampleRate * duration * channelCount * (kind === 'EDF' ? 2 : 3),
      0
    )
  const found = DURATIONS.find((duration) => {
    const isWhole = streams.every(({ sampleRate }) => {
      const count = sampleRate * duration
      return count >= 1 - 1e-9 && Math.abs(count - Math.round(count)) < 1e-9 * count
    })
    return isWhole && bytes(duration) < MAX_RECORD[kind]
  })
  if (found !== undefined) return found
  const rates = streams.map(({ name, sampleRate }) => `${name} ${sampleRate} Hz`).join(', ')
  throw new RecorderError(path, `no length of a record suits the rates: ${rates}`)
}

/** Start in the header, whole seconds, and what is left of it. */
function startOf(text: string | undefined): { date: string | undefined; fraction: number } {
  if (text === undefined) return { date: undefined, fraction: 0 }
  const [date = '', fraction = '0'] = text.split('.')
  return { date, fraction: Number(`0.${fraction}`) }
}

async function eventTals(source: SampleFile, start: number, fraction: number): Promise<Tal[]> {
  const rate = source.streams[0]?.sampleRate ?? 1
  return (await source.events()).map(({ index, duration, label, value }) => ({
    onset: round(index / rate - start + fraction),
    duration: duration > 0 ? round(duration / rate) : undefined,
    texts: [label === '' ? String(value) : label]
  }))
}

function gapTals(planned: readonly Planned[], fraction: number): Tal[] {
  return planned.flatMap(({ stream, origin }) =>
    stream.gaps.flatMap(({ from, to, cause }) => {
      const onset = round((from - origin) / stream.sampleRate + fraction)
      const duration = round((to - from) / stream.sampleRate)
      return [
        { onset, duration, texts: ['BAD_gap'] },
        { onset, duration: undefined, texts: [`lost ${to - from} samples: ${cause}`] }
      ]
    })
  )
}

/** What is behind the end of a stream within the last record is no signal. */
function paddingTals(
  planned: readonly Planned[],
  { records, duration, fraction }: { records: number; duration: number; fraction: number }
): Tal[] {
  const ends = planned.map(({ reader, origin, stream }) => (reader.end - origin) / stream.sampleRate)
  const end = Math.min(...ends)
  const rest = round(records * duration - end)
  return rest > 0 ? [{ onset: round(end + fraction), duration: rest, texts: ['BAD_padding'] }] : []
}

/** Decimals of an onset that mean something. */
function round(seconds: number): number {
  return Number(seconds.toFixed(9))
}

function evenLength(records: readonly Buffer[], multiple: number): readonly Buffer[] {
  const rest = records[0]!.length % multiple
  return rest === 0 ? records : records.map((record) => Buffer.concat([record, Buffer.alloc(multiple - rest)]))
}

interface Counts {
  clipped: number
  notFinite: number
}

async function writeRecords(
  path: string,
  {
    header,
    planned,
    packed,
    bytesPerSample,
    progress
  }: {
    header: Buffer
    planned: readonly Planned[]
    packed: readonly Buffer[]
    bytesPerSample: 2 | 3
    progress?: ((fraction: number) => void) | undefined
  }
): Promise<Counts[]> {
  const counts = planned.map(() => ({ clipped: 0, notFinite: 0 }))
  const rows = planned.map(({ perRecord, stream }) => new Float64Array(perRecord * stream.channelCount))
  // NaN stands for what is missing until it is encoded.
  const fills = planned.map(({ stream }) => new Float64Array(stream.channelCount).fill(NaN))
  const bytes = planned.reduce((sum, { perRecord, plans }) => sum + perRecord * plans.length * bytesPerSample, 0)
  try {
    await using file = await open(path, 'wx')
    let position = 0
    const write = (pieces: readonly Uint8Array[]): Promise<void> =>
      writePieces(file, pieces, position, (count) => (position += count))
    await write([header])
    for (const [k, annotations] of packed.entries()) {
      const record = Buffer.allocUnsafe(bytes)
      let at = 0
      for (const [s, each] of planned.entries()) {
        const from = each.origin + k * each.perRecord
        await each.reader.read(rows[s]!, from, each.perRecord, fills[s]!)
        const missing = missingIn(each.reader, from, each.perRecord)
        at = encode(record, at, { values: rows[s]!, each, bytesPerSample, counts: counts[s]! })
        counts[s]!.notFinite -= missing * each.plans.length
      }
      await write([record, annotations])
      progress?.((k + 1) / packed.length)
    }
    await file.sync()
  } catch (cause) {
    throw RecorderError.from(path, 'write', cause)
  }
  return counts
}

/** Samples of `[from, from + count)` that are not in the recording. */
function missingIn({ segments }: IndexReader, from: number, count: number): number {
  const held = segments.reduce((sum, { index, count: length }) => {
    return sum + Math.max(0, Math.min(index + length, from + count) - Math.max(index, from))
  }, 0)
  return count - held
}

/** Signal after signal. @returns the place behind the last */
function encode(
  record: Buffer,
  at: number,
  {
    values,
    each,
    bytesPerSample,
    counts
  }: { values: Float64Array; each: Planned; bytesPerSample: 2 | 3; counts: Counts }
): number {
  const channels = each.plans.length
  for (const [c, { factor, shift, zero, scaling }] of each.plans.entries()) {
    const { digitalMin, digitalMax } = scaling
    for (let k = c; k < values.length; k += channels) {
      let digital = Math.round(values[k]! * factor + shift)
      if (!(digital >= digitalMin && digital <= digitalMax)) {
        if (Number.isFinite(digital)) {
          counts.clipped += 1
          digital = digital < digitalMin ? digitalMin : digitalMax
        } else {
          counts.notFinite += 1
          digital = zero
        }
      }
      record[at] = digital & 0xff
      record[at + 1] = (digital >> 8) & 0xff
      if (bytesPerSample === 3) record[at + 2] = (digital >> 16) & 0xff
      at += bytesPerSample
    }
  }
  return at
}

function reportOf({ stream, reader, plans, labels }: Planned, counts: Counts): StreamConversion {
  const isExact = plans.every((plan) => plan.isExact) && counts.notFinite === 0
  const renamed = stream.channelInfo.flatMap(({ name }, k) => (name === labels[k] ? [] : [[name, labels[k]!] as const]))
  const units = stream.channelInfo.flatMap(({ name, unit = '' }, k) =>
    unit === plans[k]!.scaling.unit ? [] : [[name, plans[k]!.scaling.unit] as const]
  )
  return streamConversion(stream.name, {
    isExact,
    rounding: isExact ? { step: 0, maxError: 0 } : roundingOf(plans),
    relativeGainError: Math.max(0, ...plans.map((plan) => (plan.isExact ? plan.scaling.relativeGainError : 0))),
    clipped: { count: counts.clipped, maxExcess: 0 },
    notFinite: counts.notFinite,
    renamed: Object.fromEntries(renamed),
    unitsChanged: Object.fromEntries(units),
    gaps: { mode: 'fill', count: stream.gaps.length, samples: reader.missing }
  })
}

function roundingOf(plans: readonly ChannelPlan[]): { step: number; maxError: number } {
  const step = Math.max(...plans.map(({ scaling }) => scaling.storedGain))
  return { step, maxError: step / 2 }
}

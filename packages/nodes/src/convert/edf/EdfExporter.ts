/**
 * Writes EDF+ and BDF+. Sources: Kemp et al. 1992 and 2003 (edfplus.info), BioSemi's description of BDF.
 *
 *   samples ──► Quantizer ──► SignalQueue ──┐
 *                                           ├──► record ──► file
 *   events, gaps ──► AnnotationQueue ───────┘
 *
 * A record is written when every stream has come to its end. `fill`: missing samples get the value nearest to 0 and the
 * annotation `BAD_gap`, which MNE leaves out. `native`: records follow each other with the gap between them (EDF+D).
 */
import { rm } from 'node:fs/promises'
import type { NdArray } from '@nodeacq/ndarray'
import type { Tal } from '../../files/edf/tal.ts'
import { streamConversion, type StreamConversion } from '../Conversion.ts'
import type { Exporter, ExportEvent, ExportGap, ExportHead, ExportResult } from '../Exporter.ts'
import { OutputFile } from '../../files/output/OutputFile.ts'
import { annotationBytes, AnnotationQueue } from './AnnotationQueue.ts'
import { planChannels } from './ChannelPlan.ts'
import { edfHeader, labelsOf, patientField, recordingField, RECORDS_AT } from './edfHeader.ts'
import { EdfSignals } from './EdfSignals.ts'
import { eventTal, gapTals, round } from './edfTals.ts'
import type { EdfOptions } from './options.ts'
import { recordLayout, type RecordLayout } from './recordLayout.ts'
import { recordOnsets } from './recordOnsets.ts'
import type { EdfKind } from './scaling.ts'

/** Bytes of records that are written at once. */
const BATCH_BYTES = 4 << 20
const ANNOTATION_BYTES = 120
/** Bytes of annotations in a record where it is not known how many there will be. */
const LIVE_ANNOTATION_BYTES = 600
/** s: a longer gap is better not filled. */
const LONG_GAP = 600
/** Records whose room for annotations is still known at the end. */
const RECENT = 64

export class EdfExporter implements Exporter {
  readonly files: readonly string[]
  readonly #file: OutputFile
  readonly #head: ExportHead
  readonly #signals: readonly EdfSignals[]
  readonly #layout: RecordLayout
  readonly #annotations: AnnotationQueue
  readonly #bytesPerSample: 2 | 3
  readonly #recordBytes: number
  readonly #fraction: number
  /** s from the start of the file to the record from which records follow each other. */
  #anchor = 0
  /** Since then. */
  #sinceAnchor = 0
  #records = 0
  #saidRecords = -1
  /** Room for annotations in the newest records: where, and how much of it is used. */
  #recent: { position: number; used: number }[] = []
  #longest = 0
  #lost = 0

  private constructor(
    file: OutputFile,
    head: ExportHead,
    parts: {
      signals: readonly EdfSignals[]
      layout: RecordLayout
      annotations: AnnotationQueue
      bytesPerSample: 2 | 3
      fraction: number
    }
  ) {
    this.files = [file.path]
    this.#file = file
    this.#head = head
    this.#signals = parts.signals
    this.#layout = parts.layout
    this.#annotations = parts.annotations
    this.#bytesPerSample = parts.bytesPerSample
    this.#fraction = parts.fraction
    this.#recordBytes =
      parts.annotations.size + parts.signals.reduce((sum, each) => sum + each.recordSamples * parts.bytesPerSample, 0)
    if (head.gaps === 'fill') this.#padBeginning()
  }

  /** @throws RecorderError */
  static async open(path: string, kind: EdfKind, head: ExportHead): Promise<EdfExporter> {
    const options = head.options as EdfOptions
    const bytesPerSample = kind === 'EDF' ? 2 : 3
    const layout = recordLayout(path, head.streams, kind)
    const labels = labelsOf(head.streams)
    const signals = head.streams.map((stream, k) => {
      const plans = planChannels(path, stream, { kind, options })
      const perRecord = layout.perRecord[k]!
      return new EdfSignals(stream, { plans, labels: labels[k]!, perRecord, rate: perRecord / layout.duration, kind })
    })
    const { date, fraction } = startOf(head.startTime)
    const room = options.annotationBytes ?? roomFor({ head, signals, layout, fraction })
    const annotationSamples = Math.ceil(room / bytesPerSample)
    const given = (key: string, field: string): string => fieldOf(head.details?.[key]) ?? field
    const header = edfHeader({
      kind,
      isContinuous: head.gaps === 'fill',
      date,
      patient: given('patient', patientField(options)),
      recording: given('recording', recordingField(date, options)),
      duration: layout.duration,
      signals,
      annotationSamples
    })
    const file = await OutputFile.create(path)
    try {
      await file.append(header)
      await file.sync()
      const annotations = new AnnotationQueue(annotationSamples * bytesPerSample)
      return new EdfExporter(file, head, { signals, layout, annotations, bytesPerSample, fraction })
    } catch (error) {
      await file.close()
      await rm(path, { force: true })
      throw error
    }
  }

  async samples(stream: number, index: number, block: NdArray): Promise<void> {
    const signals = this.#signals[stream]!
    for (const { from, to } of signals.take(index, block)) {
      const duration = round((to - from) / signals.rate)
      this.#annotations.add({ onset: this.#onset(stream, from), duration, texts: ['BAD_nan'] })
    }
    await this.#flush()
  }

  async gap(stream: number, gap: ExportGap): Promise<void> {
    const signals = this.#signals[stream]!
    signals.skip(gap)
    this.#longest = Math.max(this.#longest, (gap.to - gap.from) / signals.rate)
    for (const tal of gapTals(this.#head.gaps, gap, (index) => this.#onset(stream, index))) this.#annotations.add(tal)
    await this.#flush()
  }

  async event(event: ExportEvent): Promise<void> {
    this.#annotations.add(this.#eventTal(event), true)
    this.#lost += this.#annotations.dropTooLong()
    return await Promise.resolve()
  }

  async sync(): Promise<void> {
    if (this.#saidRecords === this.#records) return
    await this.#file.sync()
    await this.#sayRecords()
  }

  writtenUntil(stream: number): number {
    const { base, perRecord, stream: source, queue } = this.#signals[stream]!
    return Math.max(source.startIndex, Math.min(queue.known, base + this.#sinceAnchor * perRecord))
  }

  async close(): Promise<ExportResult> {
    if (this.#head.gaps === 'fill') this.#padEnd()
    await this.#flush(true)
    await this.#useRoom()
    await this.#file.sync()
    await this.#sayRecords()
    await this.#file.sync()
    await this.abort()
    const lost = this.#lost + this.#annotations.count
    const minutes = (this.#longest / 60).toFixed(1)
    return {
      streams: this.#signals.map((signals) => this.#conversionOf(signals)),
      events: this.#annotations.events,
      dropped: [
        ...this.#layout.inexact,
        ...(lost > 0 ? [`${lost} annotations found no room in the records (option annotationBytes)`] : []),
        ...(this.#head.gaps === 'fill' && this.#longest > LONG_GAP
          ? [`a gap of ${minutes} min is filled; gaps: split makes a file of each stretch instead`]
          : [])
      ]
    }
  }

  async abort(): Promise<void> {
    await this.#file.close()
  }

  /** Writes every record of which all is known. @param isLast nothing more will come */
  async #flush(isLast = false): Promise<void> {
    const most = Math.max(1, Math.floor(BATCH_BYTES / this.#recordBytes))
    for (;;) {
      const records: Buffer[] = []
      while (records.length < most && this.#isReady(isLast)) records.push(this.#nextRecord(records.length))
      if (records.length === 0) return
      await this.#file.append(...records)
    }
  }

  #isReady(isLast: boolean): boolean {
    if (this.#head.gaps === 'native' && !this.#placeRecord(isLast)) return false
    const n = this.#sinceAnchor
    if (!isLast) return this.#signals.every((each) => each.queue.known >= each.recordIndex(n + 1))
    return this.#head.gaps === 'native' || this.#signals.some((each) => each.queue.known > each.recordIndex(n))
  }

  /** Lets the next record begin at the next sample that there is. @returns false while that is not known, or none will come */
  #placeRecord(isLast: boolean): boolean {
    let next = Infinity
    let isKnown = true
    for (const each of this.#signals) {
      const index = each.recordIndex(this.#sinceAnchor)
      const found = each.queue.nextFrom(index)
      if (found === index) return true
      if (found === undefined && isLast) continue
      const time = each.timeOf(found ?? Math.max(each.queue.known, index))
      if (time >= next) continue
      next = time
      isKnown = found !== undefined
    }
    if (next === Infinity || !isKnown) return false
    this.#anchor = next
    this.#sinceAnchor = 0
    for (const each of this.#signals) each.moveTo(next)
    return true
  }

  /** @param ahead records that are made and not in the file yet */
  #nextRecord(ahead: number): Buffer {
    const record = Buffer.alloc(this.#recordBytes)
    const n = this.#sinceAnchor
    const onset = this.#fraction + this.#anchor + n * this.#layout.duration
    let at = 0
    for (const [k, each] of this.#signals.entries()) {
      if (this.#head.gaps === 'native') this.#markMissing(k, n)
      const part = { from: each.recordIndex(n), count: each.perRecord, size: this.#bytesPerSample }
      at = each.queue.copyTo(record, at, part)
    }
    const used = this.#annotations.write(record.subarray(at), {
      onset: round(onset),
      end: onset + this.#layout.duration
    })
    this.#recent.push({ position: this.#file.length + ahead * this.#recordBytes + at, used })
    if (this.#recent.length > RECENT) this.#recent.shift()
    this.#sinceAnchor += 1
    this.#records += 1
    return record
  }

  /** What is missing inside a record is filled there; at its end it is padding. */
  #markMissing(stream: number, n: number): void {
    const signals = this.#signals[stream]!
    const end = signals.recordIndex(n + 1)
    for (const [from, to] of signals.queue.missing(signals.recordIndex(n), end)) {
      const duration = round((to - from) / signals.rate)
      const text = to === end ? 'BAD_padding' : 'BAD_gap'
      this.#annotations.add({ onset: this.#onset(stream, from), duration, texts: [text] })
    }
  }

  /** Streams that begin later than the file. */
  #padBeginning(): void {
    const begin = Math.max(...this.#signals.map((each) => each.timeOf(each.stream.startIndex)))
    if (begin > 0) this.#annotations.add(this.#padding(0, begin))
  }

  /** What is behind the end of a stream is no signal. */
  #padEnd(): void {
    const ends = this.#signals.map((each) => each.timeOf(each.queue.known))
    const records = this.#signals.map((each) => Math.ceil((each.queue.known - each.base) / each.perRecord))
    const end = Math.max(...records) * this.#layout.duration
    const first = Math.min(...ends)
    if (end - first > 1e-9) this.#annotations.add(this.#padding(first, end))
  }

  #padding(from: number, to: number): Tal {
    return { onset: round(this.#fraction + from), duration: round(to - from), texts: ['BAD_padding'] }
  }

  /** Puts annotations that came too late for their record where there is room left. */
  async #useRoom(): Promise<void> {
    for (const { position, used } of this.#recent.toReversed()) {
      if (this.#annotations.count === 0) return
      const room = new Uint8Array(this.#annotations.size - used)
      const length = this.#annotations.fill(room, Infinity)
      if (length > 0) await this.#file.patch(room.subarray(0, length), position + used)
    }
  }

  async #sayRecords(): Promise<void> {
    await this.#file.patch(Buffer.from(String(this.#records).padEnd(8)), RECORDS_AT)
    this.#saidRecords = this.#records
  }

  /** s after the start time in the header */
  #onset(stream: number, index: number): number {
    return round(this.#fraction + this.#signals[stream]!.timeOf(index))
  }

  #eventTal(event: ExportEvent): Tal {
    return eventTal(event, { onset: this.#onset(event.stream, event.index), rate: this.#signals[event.stream]!.rate })
  }

  #conversionOf(signals: EdfSignals): StreamConversion {
    return streamConversion(signals.stream.name, {
      ...signals.losses(),
      gaps: { mode: this.#head.gaps, ...signals.gaps }
    })
  }
}

/** Bytes of a record for annotations: what is known before finds room. */
function roomFor(from: {
  head: ExportHead
  signals: readonly EdfSignals[]
  layout: RecordLayout
  fraction: number
}): number {
  const { head, signals, layout, fraction } = from
  if (head.events === undefined) return LIVE_ANNOTATION_BYTES
  const onset = (stream: number, index: number): number => round(fraction + signals[stream]!.timeOf(index))
  const tals = [
    ...head.events.map((event) =>
      eventTal(event, { onset: onset(event.stream, event.index), rate: signals[event.stream]!.rate })
    ),
    ...head.streams.flatMap(({ gaps = [] }, k) =>
      gaps.flatMap((gap) => [
        ...gapTals(head.gaps, gap, (index) => onset(k, index)),
        // What is filled or padded in records around it.
        { onset: onset(k, gap.from), duration: round((gap.to - gap.from) / signals[k]!.rate), texts: ['BAD_padding'] }
      ])
    )
  ]
  const onsets = recordOnsets(signals, layout, head.gaps).map((each) => fraction + each)
  // A float may be no number, and a file has two ends.
  const spare = head.streams.some(({ dtype }) => dtype.kind === 'f') ? 40 : 0
  return annotationBytes(onsets, tals, ANNOTATION_BYTES) + spare
}

/** Start in the header, whole seconds, and what is left of it. */
function startOf(text: string | undefined): { date: string | undefined; fraction: number } {
  if (text === undefined) return { date: undefined, fraction: 0 }
  const [date = '', fraction = '0'] = text.split('.')
  return { date, fraction: Number(`0.${fraction}`) }
}

/** A field of 80 characters that the recording came with. */
function fieldOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.split(' ').length >= 4 && /^[\x20-\x7e]{1,80}$/.test(value)
    ? value
    : undefined
}

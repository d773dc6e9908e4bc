/**
 * Writes the binary format of the Open Ephys GUI (0.6): samples as int16, each with its number. A gap begins a new recording of the
 * experiment, for all streams at the same time, as readers look at no number but the first of a recording.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { NdArray } from '@nodeacq/ndarray'
import { z } from 'zod'
import { RecorderError } from '../../files/output/RecorderError.ts'
import { replaceFile } from '../../files/output/replaceFile.ts'
import { streamConversion, type StreamConversion } from '../Conversion.ts'
import type { Exporter, ExportEvent, ExportGap, ExportHead, ExportResult, ExportTarget } from '../Exporter.ts'
import { Int16Encoder } from '../Int16Encoder.ts'
import { needsInt16Range, scaleToInt16 } from '../int16Scaling.ts'
import { segmentsText, type SegmentRow } from '../segmentsText.ts'
import { whyNotSignal } from '../whyNotSignal.ts'
import { ContinuousFolder } from './ContinuousFolder.ts'
import { EventFolders } from './EventFolders.ts'
import { folderNames, RECORD_NODE, SETTINGS, structureText, syncText, unitOf, type NamedStream } from './structure.ts'
import { TtlLines } from './TtlLines.ts'

const optionsSchema = z.strictObject({
  concatenate: z
    .stringbool()
    .or(z.boolean())
    .default(false)
    .describe(
      'one recording, its samples without a break, and segments.csv beside them: for programs that want one file'
    ),
  range: z.coerce
    .number()
    .positive()
    .optional()
    .describe(
      'greatest number of a channel in its unit, where nobody knows it before; default: found by a look at the file'
    )
})

/** One recording of the experiment. */
interface Recording {
  readonly path: string
  /** s from the start of the file, at which all streams come to it */
  readonly start: number
  readonly folders: ContinuousFolder[]
  readonly events: EventFolders
}

interface StreamState extends NamedStream {
  readonly encoder: Int16Encoder
  readonly lines: TtlLines
  /** Number of its recording, from 0. */
  recording: number
  /** Index of its first sample in each recording. */
  readonly starts: (number | undefined)[]
  readonly segments: SegmentRow[]
  next: number
  rows: number
  gaps: { count: number; samples: number }
}

interface PendingEvent {
  readonly event: ExportEvent
  /** On a line too, not as a message only. */
  readonly asPulse: boolean
}

/** Bytes of a message, at most: all of a recording are as wide as the longest. */
const MESSAGE_BYTES = 1024
/** Bytes of zeros that are written at once. */
const FILL_BYTES = 1 << 20

class OpenEphysExporter implements Exporter {
  readonly files: readonly string[]
  readonly #experiment: string
  readonly #head: ExportHead
  readonly #concatenates: boolean
  readonly #streams: readonly StreamState[]
  readonly #recordings: Recording[] = []
  /** The stream whose samples the messages count: that of the highest rate. */
  readonly #messages: number
  #events = 0
  #pending: PendingEvent[] = []
  #onlyMessages = 0
  #cut = 0

  private constructor(path: string, head: ExportHead, streams: readonly StreamState[]) {
    this.files = nodeFolder(path)
    this.#experiment = join(this.files[0]!, 'experiment1')
    this.#head = head
    this.#concatenates = head.options['concatenate'] === true
    this.#streams = streams
    this.#messages = streams.reduce(
      (best, { stream }, k) => (stream.sampleRate > streams[best]!.stream.sampleRate ? k : best),
      0
    )
  }

  static async open(path: string, head: ExportHead): Promise<OpenEphysExporter> {
    const range = head.options['range'] as number | undefined
    const folders = folderNames(head.streams)
    const streams = head.streams.map((stream, k): StreamState => {
      const scalings = scaleToInt16(path, stream, range)
      return {
        stream,
        scalings,
        folder: folders[k]!,
        units: stream.channelInfo.map(({ name, unit }) => unitOf(name, unit)),
        encoder: new Int16Encoder(scalings, stream.dtype.itemSize),
        lines: new TtlLines(),
        recording: 0,
        starts: [],
        segments: [],
        next: stream.startIndex,
        rows: 0,
        gaps: { count: 0, samples: 0 }
      }
    })
    const [node] = nodeFolder(path)
    try {
      await mkdir(path, { recursive: true })
      await mkdir(node)
    } catch (cause) {
      throw RecorderError.from(node, 'create the folder', cause)
    }
    try {
      const exporter = new OpenEphysExporter(path, head, streams)
      await mkdir(exporter.#experiment)
      await writeFile(join(node, 'settings.xml'), SETTINGS)
      await exporter.#begin(-Infinity)
      return exporter
    } catch (cause) {
      await rm(node, { recursive: true, force: true })
      throw RecorderError.from(path, 'write', cause)
    }
  }

  async samples(place: number, index: number, block: NdArray): Promise<void> {
    const state = this.#streams[place]!
    let from = 0
    // Where another stream began a recording, this one comes to it at that time.
    for (let next = this.#nextStart(state); next < index + block.length; next = this.#nextStart(state)) {
      const cut = Math.max(0, next - index)
      if (cut > from) await this.#write(place, index + from, state.encoder.encode(block.slice(from, cut), index + from))
      from = Math.max(from, cut)
      await this.#enter(place, state.recording + 1)
    }
    if (from === block.length) return
    await this.#write(place, index + from, state.encoder.encode(from === 0 ? block : block.slice(from), index + from))
  }

  async gap(place: number, { from, to, cause }: ExportGap): Promise<void> {
    const state = this.#streams[place]!
    const count = to - from
    state.gaps = { count: state.gaps.count + 1, samples: state.gaps.samples + count }
    const text = `lost ${count} samples: ${cause}`
    if (this.#head.gaps === 'fill') {
      const marks = { stream: place, index: from, value: 0 }
      this.#tell({ ...marks, duration: count, label: 'BAD_gap' })
      this.#tell({ ...marks, duration: 0, label: text }, { asPulse: false })
      await this.#fill(place, from, count)
      return
    }
    state.next = to
    const isEmpty = this.#recordings[state.recording]!.folders[place]!.rows === 0
    if (!this.#concatenates && !isEmpty) {
      if (state.recording + 1 === this.#recordings.length) await this.#begin(this.#timeOf(place, to))
      await this.#enter(place, state.recording + 1)
    }
    this.#tell({ stream: place, index: to, value: 0, duration: 0, label: text }, { asPulse: false })
  }

  async event(event: ExportEvent): Promise<void> {
    this.#events += 1
    this.#tell(event)
    return await Promise.resolve()
  }

  async sync(): Promise<void> {
    this.#placeEvents(false)
    for (const recording of this.#recordings) await recording.events.sync()
    for (const [place, state] of this.#streams.entries()) {
      await this.#recordings[state.recording]!.folders[place]!.sync()
    }
    await this.#writeTexts(this.#recordings.length - 1)
  }

  async close(): Promise<ExportResult> {
    this.#placeEvents(true)
    await this.sync()
    for (let k = 0; k < this.#recordings.length; k++) await this.#writeTexts(k)
    if (this.#concatenates) {
      for (const { folder, segments } of this.#streams) {
        await replaceFile(join(this.#recordings[0]!.path, 'continuous', folder, 'segments.csv'), segmentsText(segments))
      }
    }
    await this.abort()
    const dropped: string[] = []
    if (this.#onlyMessages > 0) {
      dropped.push(`${this.#onlyMessages} events are messages only: their line was up already, or 64 lines were taken`)
    }
    if (this.#cut > 0) dropped.push(`${this.#cut} labels are cut at ${MESSAGE_BYTES} bytes`)
    const streams = this.#streams.map((state, place) => this.#reportOf(state, place))
    return { streams, events: this.#events, dropped }
  }

  async abort(): Promise<void> {
    for (const { folders } of this.#recordings) for (const folder of folders) await folder.close()
  }

  /** s on a clock that all streams share, on which sample numbers of the first are right */
  #timeOf(place: number, index: number): number {
    const { stream } = this.#streams[place]!
    const first = this.#streams[0]!.stream
    const base = first.startIndex / first.sampleRate - first.offset
    return base + stream.offset + (index - stream.startIndex) / stream.sampleRate
  }

  #indexAt(place: number, time: number): number {
    const { stream } = this.#streams[place]!
    const index = stream.startIndex + (time - this.#timeOf(place, stream.startIndex)) * stream.sampleRate
    // A sample at this very time, but for what division leaves.
    return Math.ceil(index - 1e-6)
  }

  /** First sample of a stream that belongs to the recording behind its own. */
  #nextStart(state: StreamState): number {
    const next = this.#recordings[state.recording + 1]
    return next === undefined ? Infinity : this.#indexAt(this.#streams.indexOf(state), next.start)
  }

  async #begin(start: number): Promise<void> {
    const path = join(this.#experiment, `recording${this.#recordings.length + 1}`)
    const names = this.#streams.map(({ folder }) => folder)
    const folders: ContinuousFolder[] = []
    const events = new EventFolders(join(path, 'events'), names, {
      messageStream: this.#messages,
      timeOf: (place, index) => this.#timeOf(place, index)
    })
    this.#recordings.push({ path, start, folders, events })
    try {
      for (const name of names) folders.push(await ContinuousFolder.create(join(path, 'continuous', name)))
      await events.create()
    } catch (cause) {
      throw RecorderError.from(path, 'write', cause)
    }
    await this.#writeTexts(this.#recordings.length - 1)
  }

  /** Ends the part of a stream in its recording, and goes to another. */
  async #enter(place: number, recording: number): Promise<void> {
    const state = this.#streams[place]!
    const folder = this.#recordings[state.recording]!.folders[place]!
    await folder.sync()
    await folder.close()
    await this.#writeTexts(state.recording)
    state.recording = recording
  }

  async #writeTexts(recording: number): Promise<void> {
    const { path } = this.#recordings[recording]!
    const lines = this.#streams.map((each) => each.lines.lines)
    const { startUtc } = this.#head
    const starts = this.#streams.map((each) => each.starts[recording])
    await replaceFile(
      join(path, 'structure.oebin'),
      structureText(this.#streams, this.#streams[this.#messages]!, lines)
    )
    await replaceFile(join(path, 'sync_messages.txt'), syncText(this.#streams, starts, startUtc))
  }

  async #write(place: number, index: number, bytes: Uint8Array): Promise<void> {
    const state = this.#streams[place]!
    const { stream, segments } = state
    const rows = bytes.byteLength / (stream.channelCount * 2)
    const at = { index, time: this.#timeOf(place, index), rate: stream.sampleRate }
    await this.#recordings[state.recording]!.folders[place]!.append(bytes, rows, at)
    state.starts[state.recording] ??= index
    const last = segments.at(-1)
    if (last !== undefined && last.index + last.count === index) last.count += rows
    else segments.push({ row: state.rows, index, count: rows })
    state.rows += rows
    state.next = index + rows
  }

  async #fill(place: number, from: number, count: number): Promise<void> {
    const rowBytes = this.#streams[place]!.stream.channelCount * 2
    const rows = Math.max(1, Math.floor(FILL_BYTES / rowBytes))
    const zeros = new Uint8Array(Math.min(rows, count) * rowBytes)
    for (let done = 0; done < count; done += rows) {
      await this.#write(place, from + done, zeros.subarray(0, Math.min(rows, count - done) * rowBytes))
    }
  }

  /** Events often come before their samples, and so before it is known which recording these are in. */
  #tell(event: ExportEvent, { asPulse = true } = {}): void {
    this.#pending.push({ event, asPulse })
  }

  /** @param isLast those behind the last sample too */
  #placeEvents(isLast: boolean): void {
    const isDue = ({ event }: PendingEvent): boolean => isLast || event.index < this.#streams[event.stream]!.next
    const due = this.#pending.filter(isDue)
    this.#pending = this.#pending.filter((each) => !isDue(each))
    for (const each of due.toSorted((a, b) => a.event.index - b.event.index)) this.#place(each)
  }

  /** A pulse on a line of its stream, and a message with the words. */
  #place({ event, asPulse }: PendingEvent): void {
    const { stream: place, index, label, value } = event
    const { lines, starts } = this.#streams[place]!
    const own = starts.findLastIndex((start) => start !== undefined && start <= index)
    const recording = this.#recordings[Math.max(0, own)]!
    if (asPulse) {
      const pulse = lines.take(event)
      if (pulse === undefined) this.#onlyMessages += 1
      else recording.events.addPulse(place, pulse)
    }
    const counted = this.#messages === place ? index : this.#indexAt(this.#messages, this.#timeOf(place, index))
    const text = (label === '' ? `event ${value}` : label).replaceAll('\0', ' ')
    const cut = cutText(text, MESSAGE_BYTES)
    if (cut !== text) this.#cut += 1
    recording.events.addMessage({ index: counted, text: cut })
  }

  #reportOf(state: StreamState, place: number): StreamConversion {
    const { stream, encoder, units } = state
    const { isExact, maxError, step, clipped, notFinite } = encoder
    const changed = stream.channelInfo.flatMap(({ name, unit = '' }, k) =>
      units[k]!.unit === unit ? [] : [[name, units[k]!.unit] as const]
    )
    const dropped: string[] = []
    const empty = this.#recordings.flatMap(({ folders }, k) => (folders[place]!.rows === 0 ? [k + 1] : []))
    if (empty.length > 0)
      dropped.push(`there is no sample of it in recording ${empty.join(', ')}, which some readers refuse`)
    if (this.#concatenates && state.segments.length > 1) {
      dropped.push('time is not continuous: samples follow each other over the gaps, segments.csv tells which is which')
    }
    return streamConversion(stream.name, {
      isExact,
      rounding: { step: isExact ? 0 : step, maxError },
      clipped,
      notFinite,
      unitsChanged: Object.fromEntries(changed),
      gaps: { mode: this.#head.gaps, ...state.gaps },
      dropped
    })
  }
}

/** The session's folder may hold other things: all that is written is in the folder of its Record Node. */
function nodeFolder(path: string): [string] {
  return [join(path, `Record Node ${RECORD_NODE}`)]
}

/** The longest beginning whose UTF-8 fits. */
function cutText(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text
  return new TextDecoder().decode(Buffer.from(text).subarray(0, bytes)).replace(/\uFFFD+$/, '')
}

/** Open Ephys binary. */
export const openEphysTarget: ExportTarget = {
  name: 'openephys',
  description:
    'Open Ephys binary: a folder with samples as int16 and their numbers, as the GUI records; for spike sorters',
  extension: '',
  gaps: ['native', 'fill'],
  optionsSchema,
  filesOf: nodeFolder,
  whyNot: whyNotSignal,
  needsRange: needsInt16Range,
  open: (path, head) => OpenEphysExporter.open(path, head)
}

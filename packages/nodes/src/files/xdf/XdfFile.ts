import { RecordingFileError } from '../../errors.ts'
import { localTime } from '../localTime.ts'
import { FileWindow } from '../mcap/FileWindow.ts'
import { OpenFile } from '../OpenFile.ts'
import type { FileFormat } from '../openSampleFile.ts'
import type { RecordedEvent, RecordedGap, SampleFile } from '../SampleFile.ts'
import { XDF_MAGIC } from './chunks.ts'
import { ClockTrack } from './ClockTrack.ts'
import { EventTrack } from './EventTrack.ts'
import { textsOf, type StreamHeader } from './header.ts'
import { scanXdf } from './scanXdf.ts'
import { readEvent, readGap, type ToldGap } from './told.ts'
import { XdfStream } from './XdfStream.ts'

/** Problems that are told one by one. */
const MAX_WARNINGS = 20

/**
 * An XDF 1.0 file: ours, LabRecorder's or another's; closed, unfinished or damaged: the chunks that are whole are there. Streams
 * of numbers at a rate are signals; the rest (markers, numbers at any time) are events. What is missing is told by the file, or
 * found by the times of the samples. Streams that began later begin at the index that has their time, by their clock offsets.
 */
class XdfFile implements SampleFile {
  readonly path: string
  readonly format = 'XDF'
  readonly streams: readonly XdfStream[]
  readonly startTime: string | undefined
  readonly startUtc: bigint | undefined
  readonly warnings: readonly string[]
  readonly details: Readonly<Record<string, unknown>>
  readonly #file: OpenFile
  readonly #events: readonly RecordedEvent[]

  private constructor(file: OpenFile, content: XdfContents) {
    this.path = file.path
    this.#file = file
    content.place()
    this.streams = content.signals.toSorted((a, b) => b.sampleRate - a.sampleRate)
    this.startTime = content.startTime
    this.startUtc = content.startUtc
    this.#events = content.eventsOf(this.streams)
    this.warnings = content.warnings
    this.details = content.details()
  }

  /** @throws RecordingFileError when it does not begin as XDF, or holds no stream */
  static async open(path: string): Promise<XdfFile> {
    const file = await OpenFile.open(path)
    try {
      const content = new XdfContents(file)
      await content.read()
      return new XdfFile(file, content)
    } catch (error) {
      await file.close()
      throw error
    }
  }

  async events(): Promise<readonly RecordedEvent[]> {
    return await Promise.resolve(this.#events)
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** Recognised by its first bytes. */
export const xdfFormat: FileFormat = {
  name: 'XDF',
  extensions: ['.xdf', '.xdfz'],
  matches: ({ head }) => XDF_MAGIC.equals(head.subarray(0, XDF_MAGIC.length)),
  open: (path) => XdfFile.open(path)
}

interface Member {
  readonly track: XdfStream | EventTrack
  readonly clock: ClockTrack
  /** Of the footer. */
  measuredRate?: string | undefined
}

/** What a scan of the file found. */
class XdfContents {
  readonly warnings: string[] = []
  startTime: string | undefined
  startUtc: bigint | undefined
  readonly #file: OpenFile
  readonly #members = new Map<number, Member>()
  #problems = 0

  constructor(file: OpenFile) {
    this.#file = file
  }

  get signals(): XdfStream[] {
    return [...this.#members.values()].flatMap(({ track }) => (track instanceof XdfStream ? [track] : []))
  }

  async read(): Promise<void> {
    await this.#requireMagic()
    for await (const item of scanXdf(new FileWindow(this.#file))) {
      if (item.kind === 'damage') this.#warn(`bytes ${item.from} to ${item.to} are left out: ${item.reason}`)
      else if (item.kind === 'fileHeader') this.#takeStart(textsOf(item.info))
      else if (item.kind === 'streamHeader') this.#addStream(item.stream, item.header)
      else if (item.kind === 'samples') {
        const { content, at, count, to } = item
        const position = to - content.length + at
        this.#members.get(item.stream)?.track.add(content, { at, count, position })
      } else if (item.kind === 'clockOffset') this.#members.get(item.stream)?.clock.add(item.time, item.offset)
      else if (item.kind === 'footer') {
        const member = this.#members.get(item.stream)
        if (member) member.measuredRate = textsOf(item.info)['measured_srate']
      }
    }
    if (this.#problems > MAX_WARNINGS) this.warnings.push(`${this.#problems - MAX_WARNINGS} more problems`)
    if (this.#members.size > 0) return
    const problem = { where: 'file', expected: 'at least one stream', got: 'none whose header can be read' }
    throw new RecordingFileError(this.#file.path, problem)
  }

  /** Finds what is missing, and the index at which each stream begins. */
  place(): void {
    const told = this.#told('gaps', readGap)
    const began = ({ track, clock }: Member): number =>
      track instanceof XdfStream && track.sampleCount > 0 ? clock.toRecorder(track.times.firstTime) : Infinity
    const start = Math.min(...[...this.#members.values()].map(began))
    for (const member of this.#members.values()) {
      const { track } = member
      if (!(track instanceof XdfStream)) continue
      const warn = (sentence: string): void => this.#warn(`stream '${track.name}': ${sentence}`)
      const isOwn = track.header.own !== undefined
      const late = track.sampleCount > 0 ? began(member) - start : 0
      if (!isOwn) {
        const index = Math.round(late * track.sampleRate)
        track.times.startIndex = Number.isSafeInteger(index) ? index : 0
      }
      const found = track.times.gaps(isOwn ? 'damaged' : 'device', warn)
      const own = told.filter(({ stream, isFilled }) => stream === track.name && !isFilled)
      track.place(late, mergeGaps(track, found, own))
    }
  }

  /** All events, in samples of the first stream. */
  eventsOf(streams: readonly XdfStream[]): RecordedEvent[] {
    const main = streams.find(({ streamType }) => !streamType.startsWith('event'))
    const rate = main?.sampleRate ?? 1
    const told = this.#told('events', readEvent)
    const filled = this.#told('gaps', readGap).filter(({ isFilled }) => isFilled)
    const scaled = (stream: string, value: number): number => {
      const own = streams.find(({ name }) => name === stream)?.sampleRate ?? rate
      return own === rate ? value : Math.round((value / own) * rate)
    }
    const events: RecordedEvent[] = told.map(({ stream, index, duration, label, value }) => ({
      index: scaled(stream, index),
      duration: scaled(stream, duration),
      label,
      value
    }))
    for (const { stream, from, to } of filled)
      events.push({ index: scaled(stream, from), duration: scaled(stream, to - from), label: 'BAD_gap', value: 0 })
    const hasOwn = [...this.#members.values()].some(({ track }) => track.header.role === 'events')
    for (const { track, clock } of this.#members.values()) {
      const { role } = track.header
      if (!(track instanceof EventTrack) || role === 'gaps' || role === 'events') continue
      if (role === 'labels' && hasOwn) continue
      for (const { time, label, value } of track.events)
        events.push({ index: this.#indexAt(main, clock.toRecorder(time)), duration: 0, label, value })
    }
    return events.toSorted((a, b) => a.index - b.index)
  }

  details(): Record<string, unknown> {
    const streams = [...this.#members].map(([id, { track, clock, measuredRate }]) => {
      const { type, format, nominalRate, info } = track.header
      const { source_id, hostname } = info
      return { name: track.name, id, type, format, nominalRate, measuredRate, source_id, hostname, marks: clock.count }
    })
    return { streams }
  }

  #indexAt(main: XdfStream | undefined, time: number): number {
    if (main === undefined) return 0
    const { clock } = [...this.#members.values()].find(({ track }) => track === main)!
    const index = main.indexAt(clock.fromRecorder(time))
    return Number.isSafeInteger(index) ? Math.max(0, index) : 0
  }

  /** What texts of our own streams say. */
  #told<T>(role: StreamHeader['role'], read: (text: string) => T | undefined): T[] {
    return [...this.#members.values()].flatMap(({ track }) =>
      track instanceof EventTrack && track.header.role === role
        ? track.events.map(({ label }) => read(label)).filter((each) => each !== undefined)
        : []
    )
  }

  #takeStart({ datetime, utc_ns }: Readonly<Record<string, string>>): void {
    const utc = /^\d{1,19}$/.test(utc_ns ?? '') ? BigInt(utc_ns!) : utcOf(datetime)
    this.startUtc = utc
    this.startTime = utc === undefined ? datetime?.trim().replace(' ', 'T') : localTime(utc)
  }

  #addStream(id: number, header: StreamHeader): void {
    if (this.#members.has(id)) return this.#warn(`stream ${id} has more than one header; the first counts`)
    const taken = new Set([...this.#members.values()].map(({ track }) => track.name))
    let name = header.name || `stream${id}`
    for (let k = 2; taken.has(name); k++) name = `${header.name}-${k}`
    const isSignal = header.format !== 'string' && header.nominalRate > 0
    const track = isSignal ? new XdfStream(this.#file, name, header) : new EventTrack(name, header)
    this.#members.set(id, { track, clock: new ClockTrack() })
  }

  #warn(sentence: string): void {
    this.#problems += 1
    if (this.#problems <= MAX_WARNINGS) this.warnings.push(sentence)
  }

  async #requireMagic(): Promise<void> {
    const head = await this.#file.read(0, Math.min(this.#file.size, XDF_MAGIC.length))
    if (XDF_MAGIC.equals(head)) return
    const isPacked = head[0] === 0x1f && head[1] === 0x8b
    const got = isPacked ? 'a gzip file; unpack it first' : JSON.stringify(Buffer.from(head).toString('latin1'))
    throw new RecordingFileError(this.#file.path, { where: 'bytes 0–4', expected: "'XDF:'", got })
  }
}

/** Gaps by the times of samples, with the causes that the file tells; and those behind the last sample. */
function mergeGaps(stream: XdfStream, found: readonly RecordedGap[], told: readonly ToldGap[]): RecordedGap[] {
  const gaps = found.flatMap((gap): RecordedGap[] => {
    const within = told.filter(({ from, to }) => from >= gap.from && to <= gap.to)
    if (within.length === 0) return [gap]
    // Parts that nothing was told of were lost later: chunks that are damaged.
    let at = gap.from
    const parts: RecordedGap[] = []
    for (const { from, to, cause } of within.toSorted((a, b) => a.from - b.from)) {
      if (from > at) parts.push({ ...gap, from: at, to: from })
      if (to > at) parts.push({ from: Math.max(from, at), to, row: gap.row, cause })
      at = Math.max(at, to)
    }
    if (at < gap.to) parts.push({ ...gap, from: at })
    return parts
  })
  const missing = gaps.reduce((sum, { from, to }) => sum + to - from, 0)
  const end = stream.times.startIndex + stream.sampleCount + missing
  const row = stream.sampleCount
  const behind = told.filter(({ from }) => from >= end)
  return [...gaps, ...behind.map(({ from, to, cause }) => ({ from, to, row, cause }))]
}

/** ns of a time with its zone, such as `2024-03-02T10:20:30+0100`. */
function utcOf(text: string | undefined): bigint | undefined {
  const found = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d{1,9})?)\s*(Z|[+-]\d\d:?\d\d)$/.exec(text?.trim() ?? '')
  if (found === null) return undefined
  const [, day, time, zone = ''] = found
  const ms = Date.parse(`${day}T${time}${zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2')}`)
  return Number.isNaN(ms) ? undefined : BigInt(ms) * 1_000_000n
}

import { hostname } from 'node:os'
import { readEvents, type Chunk, type InputStream } from '@nodeacq/stream'
import type { Exporter, ExportResult, ExportStream, ExportTarget } from '../../convert/Exporter.ts'
import { besidePath } from '../../convert/exportPaths.ts'
import { localTime } from '../../files/localTime.ts'
import { placeInTime, type Begin } from '../../files/mcap/placeInTime.ts'
import { isEventStream } from '../log/topics.ts'
import { toNanoseconds } from '../log/utcNow.ts'
import { describeInput, Track } from './Track.ts'

export interface PartOptions {
  readonly target: ExportTarget
  readonly path: string
  readonly source: string
  readonly gaps: 'fill' | 'native'
  readonly options: Readonly<Record<string, unknown>>
  readonly notes: Readonly<Record<string, string>>
  readonly inputs: Readonly<Record<string, InputStream>>
  /** s after which what a silent stream lacks is filled, where all streams stand in the same records. */
  readonly patience: number
  /** The first chunk of each input that has one. */
  readonly firsts: ReadonlyMap<string, Chunk>
}

/** The files of one part of a recording, from the first sample to the last. */
export class ExportPart {
  readonly #tracks = new Map<string, Track>()
  readonly #exporters: Exporter[] = []
  readonly #options: PartOptions
  /** ns of UTC */
  readonly #start: bigint
  /** Event inputs of which something is not on the disk: acknowledged when it is. */
  readonly #events = new Map<string, { index: number; run: number }>()

  private constructor(options: PartOptions, start: bigint) {
    this.#options = options
    this.#start = start
  }

  /** @throws RecorderError when a file cannot be made, or is there */
  static async open(options: PartOptions): Promise<ExportPart> {
    const { target, path, inputs, firsts } = options
    const signals = Object.entries(inputs).filter(([, { info }]) => !isEventStream(info))
    const begun = signals.flatMap(([name, input]) => {
      const chunk = firsts.get(name)
      return chunk === undefined ? [] : [{ name, ...beginOf(input, chunk) }]
    })
    const { start = toNanoseconds(Date.now()), offsets } = placeInTime(begun.map(({ begin }) => begin))
    const streams = signals
      .map(([name, input]): ExportStream => {
        const k = begun.findIndex((each) => each.name === name)
        // One that is not there yet has indexes of its own, from the start of the file.
        const place = k < 0 ? { startIndex: 0, offset: 0 } : { startIndex: begun[k]!.first, offset: offsets[k]! }
        return { ...describeInput(name, input.info), ...place }
      })
      .toSorted((a, b) => b.sampleRate - a.sampleRate)
    const part = new ExportPart(options, start)
    const groups = target.holdsOneStream === true ? streams.map((stream) => [stream]) : [streams]
    try {
      for (const [k, group] of groups.entries()) {
        await part.#open(k === 0 ? path : besidePath(path, target, group[0]!.name), group)
      }
    } catch (error) {
      await part.abort()
      throw error
    }
    return part
  }

  get files(): string[] {
    return this.#exporters.flatMap(({ files }) => files)
  }

  get streams(): ExportStream[] {
    return [...this.#tracks.values()].map(({ stream }) => stream)
  }

  /** The chunk is of another run than what is in this part: its index begins anew. */
  beginsAnew(name: string, { run }: Chunk): boolean {
    const track = this.#tracks.get(name)
    return track?.run !== undefined && track.run !== run
  }

  async take(name: string, chunk: Chunk): Promise<void> {
    const track = this.#tracks.get(name)
    if (track === undefined) return await this.#takeEvents(name, chunk)
    if (track.run === undefined && !this.#options.firsts.has(name)) {
      const { begin, first } = beginOf(track.input, chunk)
      await track.enter(first, Math.max(0, Number(begin.time - this.#start) / 1e9))
    }
    await track.take(chunk)
    for (const each of this.#tracks.values()) if (each.exporter === track.exporter) each.acknowledge()
  }

  /** What is missing behind the last chunk of an input. */
  async skip(name: string, gaps: readonly { readonly to: number; readonly cause: string }[]): Promise<void> {
    const track = this.#tracks.get(name)
    if (track?.run === undefined) return
    for (const { to, cause } of gaps) {
      if (track.indexInFile(to) > track.next) await track.skip(track.indexInFile(to), cause)
    }
  }

  /** @param indexes of the samples there were, by input */
  async annotate(text: string, indexes: Readonly<Record<string, number>>): Promise<void> {
    for (const exporter of this.#exporters) {
      const track = [...this.#tracks.values()].find((each) => each.exporter === exporter)!
      const index = indexes[track.name]
      const at = index === undefined ? track.next : track.indexInFile(index)
      await exporter.event({ stream: track.place, index: at, duration: 0, label: text, value: 0 })
    }
  }

  /** Fills what streams lack that have been silent for too long, so that those in the same records go on. */
  async fillSilence(): Promise<void> {
    for (const exporter of this.#exporters) {
      if (exporter.writtenUntil === undefined) continue
      const tracks = [...this.#tracks.values()].filter((each) => each.exporter === exporter)
      const lead = Math.max(...tracks.map(({ time }) => time))
      for (const track of tracks) {
        const count = Math.floor((lead - track.time) * track.stream.sampleRate)
        const isSilent = track.silence > this.#options.patience * 1000
        if (isSilent && count > 0) await track.skip(track.next + count, 'late')
      }
      for (const track of tracks) track.acknowledge()
    }
  }

  async sync(): Promise<void> {
    const events = new Map(this.#events)
    await this.#markClocks()
    for (const exporter of this.#exporters) await exporter.sync()
    for (const [name, { index, run }] of events) {
      this.#options.inputs[name]!.acknowledge(index, run)
      if (this.#events.get(name)?.index === index) this.#events.delete(name)
    }
    for (const track of this.#tracks.values()) track.acknowledge()
  }

  /** Ends the files. @returns what became of each stream */
  async close(): Promise<ExportResult> {
    const results: ExportResult[] = []
    for (const exporter of this.#exporters) results.push(await exporter.close())
    for (const track of this.#tracks.values()) track.acknowledge(true)
    for (const [name, { index, run }] of this.#events) this.#options.inputs[name]!.acknowledge(index, run)
    const late = [...this.#tracks.values()].filter((track) => track.late > 0)
    return {
      streams: results.flatMap(({ streams }) => streams),
      events: Math.max(0, ...results.map(({ events }) => events)),
      dropped: [
        ...new Set(results.flatMap(({ dropped }) => dropped)),
        ...late.map(({ name, late: count }) => `${count} samples of '${name}' that came when their place was filled`)
      ]
    }
  }

  /** Closes the files as they are. Safe to call twice. */
  async abort(): Promise<void> {
    for (const exporter of this.#exporters) await exporter.abort()
  }

  async #open(path: string, streams: readonly ExportStream[]): Promise<void> {
    const { target, source, gaps, options, notes, inputs } = this.#options
    const exporter = await target.open(path, {
      source,
      streams,
      startUtc: this.#start,
      startTime: localTime(this.#start),
      gaps,
      options,
      provenance: { ...notes, host: hostname() },
      details: {}
    })
    this.#exporters.push(exporter)
    for (const [place, stream] of streams.entries()) {
      this.#tracks.set(stream.name, new Track(stream.name, inputs[stream.name]!, { stream, exporter, place }))
    }
  }

  async #markClocks(): Promise<void> {
    for (const track of this.#tracks.values()) {
      const mark = track.exporter.clockMark === undefined ? undefined : track.clockMark()
      if (mark !== undefined) await track.exporter.clockMark!(track.place, mark)
    }
  }

  async #takeEvents(name: string, { data, index, run }: Chunk): Promise<void> {
    const { eventsOf } = this.#options.inputs[name]!.info
    const track = this.#tracks.get(String(eventsOf)) ?? [...this.#tracks.values()][0]!
    for (const { index: at, duration = 0, label = '', value = 0 } of readEvents(data)) {
      for (const exporter of this.#exporters) {
        const own = [...this.#tracks.values()].find((each) => each.exporter === exporter)!
        const counted = track.exporter === exporter ? track : own
        const scale = counted.stream.sampleRate / track.stream.sampleRate
        const place =
          counted === track
            ? track.indexInFile(at)
            : counted.stream.startIndex + Math.round(timeIn(track, at) * counted.stream.sampleRate)
        await exporter.event({ stream: counted.place, index: place, duration: duration * scale, label, value })
      }
    }
    this.#events.set(name, { index, run })
  }
}

/** s from the start of the file to a sample of the source */
function timeIn(track: Track, index: number): number {
  const { offset, startIndex, sampleRate } = track.stream
  return offset + (track.indexInFile(index) - startIndex) / sampleRate
}

/** When a stream began, as its clock says, and its first sample, which may be missing. */
function beginOf(input: InputStream, { data, index, gaps, run }: Chunk): { begin: Begin; first: number } {
  const received = index - data.length
  const first = Math.min(received, ...gaps.filter(({ declared }) => !declared).map(({ from }) => from))
  const rate = input.info.sampleRate
  const wall = input.clock.wallTimeOf(first, run)
  const wait = data.length / rate
  const time = wall === undefined ? Date.now() - ((index - first) / rate) * 1000 : wall.time
  const slack = wall === undefined ? wait : wall.uncertainty / 1000
  return { first, begin: { time: toNanoseconds(time), slack: slack + 0.02, sinceZero: first / rate } }
}

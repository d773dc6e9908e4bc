import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { readEvents, type Chunk, type Gap, type InputStream } from '@nodeacq/stream'
import type { ExportStream } from '../../convert/Exporter.ts'
import { Hdf5Exporter, hdf5Target } from '../../convert/hdf5/Hdf5Exporter.ts'
import { isEventStream } from '../log/topics.ts'
import { toNanoseconds } from '../log/utcNow.ts'
import type { PlacedAnnotation, Recording } from '../Recording.ts'
import { RecorderError } from '../../files/output/RecorderError.ts'
import { describeInput, InputTrack } from './InputTrack.ts'

export interface Hdf5RecordingOptions {
  /** Ends in `.h5`; further parts have `_part-002` and so on in their names. */
  readonly path: string
  readonly inputs: Readonly<Record<string, InputStream>>
  /** s from one write to the disk to the next */
  readonly sync: number
  /** Of gzip; 0: none. */
  readonly compression: number
  /** Texts to keep in the file, by name. */
  readonly texts: Readonly<Record<string, string>>
  /** Of the node. */
  readonly source: string
}

/** ms from one mark of a stream's clock to the next. */
const CLOCK_INTERVAL = 10_000

/** A recording in one HDF5 file, and another for each time that a source starts anew. */
export class Hdf5Recording implements Recording {
  readonly #options: Hdf5RecordingOptions
  readonly #paths: string[] = []
  #exporter!: Hdf5Exporter
  #tracks!: ReadonlyMap<string, InputTrack>
  #doneBytes = 0
  #turning: Promise<void> | undefined

  private constructor(options: Hdf5RecordingOptions) {
    this.#options = options
  }

  /** Makes the first file. @throws RecorderError, also for a stream that HDF5 cannot hold */
  static async open(options: Hdf5RecordingOptions): Promise<Hdf5Recording> {
    const recording = new Hdf5Recording(options)
    await recording.#open()
    return recording
  }

  get paths(): readonly string[] {
    return this.#paths
  }

  get bytes(): number {
    return this.#doneBytes + this.#exporter.bytes
  }

  async take(name: string, chunk: Chunk): Promise<void> {
    // Several streams may want the next part at the same time: they share one, and what comes meanwhile is of that one.
    while (this.#turning || this.#tracks.get(name)!.beginsAnew(chunk)) {
      this.#turning ??= this.#nextPart().finally(() => (this.#turning = undefined))
      await this.#turning
    }
    const track = this.#tracks.get(name)!
    // What the source never had before its first sample, its first index says.
    for (const gap of chunk.gaps) if (track.hasChunk || !gap.declared) await this.#addGap(track, gap)
    const { first, rows } = track.take(chunk)
    if (track.isEvents) {
      for (const event of readEvents(chunk.data)) await this.#exporter.event({ stream: track.place, ...event })
      return
    }
    await this.#exporter.samples(track.place, first, rows)
    this.#mark(track, chunk)
  }

  async addTrailingGaps(name: string, gaps: readonly Gap[]): Promise<void> {
    await this.#turning
    const track = this.#tracks.get(name)!
    for (const gap of gaps) if (gap.cause !== 'skipped' && gap.to > track.next) await this.#addGap(track, gap)
  }

  /** Beside the samples of the first stream that was there. */
  async annotate({ text, indexes }: PlacedAnnotation): Promise<void> {
    await this.#turning
    for (const [name, index] of Object.entries(indexes)) {
      const { isEvents, place } = this.#tracks.get(name)!
      if (isEvents) continue
      await this.#exporter.event({ stream: place, index, duration: 0, label: text, value: 0 })
      return
    }
  }

  async keep(signal: AbortSignal): Promise<void> {
    const { sync } = this.#options
    while (!signal.aborted) {
      await sleep(sync * 1000, undefined, { signal }).catch(() => undefined)
      if (!signal.aborted) await this.#sync()
    }
  }

  async finish(failure: Error | undefined): Promise<'closed'> {
    try {
      await this.#finishPart()
    } catch (error) {
      throw failure ?? error
    } finally {
      await this.#exporter.abort()
    }
    if (failure !== undefined) throw failure
    return 'closed'
  }

  async close(): Promise<void> {
    await this.#exporter.abort()
  }

  async discard(): Promise<void> {
    await this.close()
    for (const path of this.#paths) await rm(path, { force: true })
  }

  async #addGap(track: InputTrack, { from, to, cause }: Gap): Promise<void> {
    if (track.isEvents) return
    track.next = to
    await this.#exporter.gap(track.place, { from, to, cause })
  }

  async #sync(): Promise<void> {
    // Else the file may be closed already, and the next one not open yet.
    await this.#turning
    const done = this.#tracks
      .values()
      .map((track) => track.takeAcknowledgement())
      .toArray()
    await this.#exporter.sync()
    for (const acknowledge of done) acknowledge?.()
  }

  async #finishPart(): Promise<void> {
    const done = this.#tracks
      .values()
      .map((track) => track.takeAcknowledgement())
      .toArray()
    await this.#exporter.close()
    for (const acknowledge of done) acknowledge?.()
  }

  async #nextPart(): Promise<void> {
    await this.#finishPart()
    this.#doneBytes += this.#exporter.bytes
    await this.#open()
  }

  async #open(): Promise<void> {
    const { path: first, inputs, compression, texts, source } = this.#options
    const number = this.#paths.length + 1
    const path = number === 1 ? first : first.replace(/(\.\w+)$/, `_part-${String(number).padStart(3, '0')}$1`)
    const { streams, tracks } = plan(first, inputs)
    this.#exporter = await Hdf5Exporter.open(path, {
      source,
      streams,
      startUtc: undefined,
      startTime: undefined,
      gaps: 'native',
      options: { compression },
      provenance: texts
    })
    this.#tracks = tracks
    this.#paths.push(path)
  }

  #mark(track: InputTrack, { index, run }: Chunk): void {
    const now = performance.now()
    if (now - track.marked < CLOCK_INTERVAL) return
    // Where nothing is known of the clock yet, the newest sample is of now, so that a file says when it was at all.
    const wall = track.input.clock.wallTimeOf(index - 1, run)
    if (wall !== undefined) track.marked = now
    else if (track.marked !== -Infinity) return
    const time = wall?.time ?? performance.timeOrigin + now
    this.#exporter.mark(track.place, track.next - 1, toNanoseconds(time))
  }
}

/**
 * Signals have a place each; events are told to the signal whose samples they count, as far as it is recorded by that name, or else
 * to the fastest. Without any signal, events are rows as any other.
 */
function plan(
  path: string,
  inputs: Readonly<Record<string, InputStream>>
): { streams: ExportStream[]; tracks: Map<string, InputTrack> } {
  const names = Object.keys(inputs)
  const signals = names.filter((name) => !isEventStream(inputs[name]!.info))
  const held = signals.length > 0 ? signals : names
  const streams = held.map((name) => describeInput(name, inputs[name]!))
  for (const stream of streams) {
    const reason = stream.sampleShape.some((length) => length < 0)
      ? 'the shape of its samples is not known'
      : hdf5Target.whyNot(stream)
    if (reason !== undefined) throw new RecorderError(path, `input '${stream.name}': ${reason}`)
  }
  const fastest = streams.reduce((best, { sampleRate }, k) => (sampleRate > streams[best]!.sampleRate ? k : best), 0)
  const tracks = names.map((name): [string, InputTrack] => {
    const input = inputs[name]!
    const own = held.indexOf(name)
    if (own >= 0) return [name, new InputTrack(input, { place: own, isEvents: false })]
    const counted = held.indexOf(input.info.eventsOf ?? '')
    return [name, new InputTrack(input, { place: counted >= 0 ? counted : fastest, isEvents: true })]
  })
  return { streams, tracks: new Map(tracks) }
}

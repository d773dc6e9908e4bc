import type { NdArray } from '@nodeacq/ndarray'
import { makeEvents } from '@nodeacq/stream'
import type { RecordedStream, SampleFile, Units } from '../files/SampleFile.ts'
import { EventTrack } from './EventTrack.ts'
import { RecordedTime } from './RecordedTime.ts'
import type { ReplayOutput, ReplayTrack } from './ReplayTrack.ts'
import { SignalTrack } from './SignalTrack.ts'

export interface ReplayPartOptions {
  readonly units: Units
  /** Of the outputs, by stream. */
  readonly outputs: ReadonlyMap<string, ReplayOutput>
  /** For annotations, markers and triggers of the file. */
  readonly events: ReplayOutput
}

/** One file of a recording on its way to the outputs. Times are s of its own recording. */
export class ReplayPart {
  readonly startTime: number
  readonly duration: number
  /** ns of UTC at the start of the recording, where it is known. */
  readonly startUtc: bigint | undefined
  readonly signals: readonly SignalTrack[]
  readonly #events: readonly EventTrack[]

  private constructor(file: SampleFile, signals: readonly SignalTrack[], events: readonly EventTrack[]) {
    this.signals = signals
    this.#events = events
    this.startUtc = file.startUtc
    this.startTime = Math.min(...signals.map((track) => track.startTime))
    this.duration = Math.max(...signals.map((track) => track.endTime)) - this.startTime
  }

  /** Undefined for a file without signals. */
  static async open(file: SampleFile, { units, outputs, events }: ReplayPartOptions): Promise<ReplayPart | undefined> {
    const timed = file.streams.filter((stream) => !isEventStream(stream) && stream.sampleCount > 0)
    const regular = timed.filter(({ sampleRate }) => sampleRate > 0)
    const main = regular[0]
    if (main === undefined) return undefined
    const seconds = Math.max(...regular.map(({ sampleCount, sampleRate }) => sampleCount / sampleRate))
    // What has no rate of its own lasts as long as the rest.
    const times = new Map(
      timed.map((stream) => [stream, new RecordedTime(stream, stream.sampleRate || stream.sampleCount / seconds)])
    )
    const signals = timed.map(
      (stream) => new SignalTrack(stream, { units, time: times.get(stream)!, output: outputs.get(stream.name)! })
    )
    const tracks: EventTrack[] = []
    for (const stream of file.streams.filter(isEventStream)) {
      // Events count samples of a stream of their rate.
      const counted = regular.find(({ sampleRate }) => sampleRate === stream.sampleRate) ?? main
      const rows: NdArray = await stream.read(0, stream.sampleCount, 'digital')
      tracks.push(
        new EventTrack(rows, new RecordedTime(counted, stream.sampleRate || undefined), outputs.get(stream.name)!)
      )
    }
    const all = await file.events()
    if (all.length > 0) tracks.push(new EventTrack(makeEvents(all), times.get(main)!, events))
    return new ReplayPart(file, signals, tracks)
  }

  get hasMore(): boolean {
    return this.signals.some((track) => track.hasMore)
  }

  /** s from its start to what comes next. */
  get next(): number {
    return Math.min(...this.#tracks.map((track) => track.nextTime)) - this.startTime
  }

  get #tracks(): readonly ReplayTrack[] {
    return [...this.signals, ...this.#events]
  }

  /**
   * Back to the beginning, or to `from` s behind it. With `shift`, everything is that many s later than in the recording.
   * @param isNext it follows what was played before: where an index goes back, its output begins a new run
   */
  rewind({ from, shift, isNext }: { from: number; shift: number; isNext: boolean }): void {
    for (const track of this.#tracks) track.rewind(shift)
    if (isNext) {
      const isAnew = this.signals.map((track) => track.beginsAnew()).some(Boolean)
      if (isAnew) for (const track of this.#events) track.beginRun()
      for (const track of this.#events) track.rewind(shift)
    }
    if (from > 0) for (const track of this.#tracks) track.skipBefore(this.startTime + from)
  }

  /** Sends what is before `elapsed` s from its start. False when the node was stopped meanwhile. */
  async sendUntil(elapsed: number): Promise<boolean> {
    for (const track of this.#tracks) if (!(await track.sendUntil(this.startTime + elapsed))) return false
    return true
  }

  /** Annotations may lie behind the last sample. */
  async sendLastEvents(): Promise<void> {
    for (const track of this.#events) await track.sendUntil(Infinity)
  }
}

export function isEventStream({ streamType }: Pick<RecordedStream, 'streamType'>): boolean {
  return streamType.startsWith('event')
}

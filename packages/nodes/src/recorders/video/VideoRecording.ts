import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Chunk, Gap } from '@nodeacq/stream'
import { RecorderError } from '../../files/output/RecorderError.ts'
import type { PlacedAnnotation, Recording } from '../Recording.ts'
import { replaceFile } from '../../files/output/replaceFile.ts'
import { VideoTrack, type VideoTrackOptions } from './VideoTrack.ts'

/** ms from one sync of the list of frames to the next. */
const SYNC_INTERVAL = 500

export interface VideoRecordingOptions {
  /** What stands beside the videos: which they are, and what is in them. */
  readonly sidecar: string
  readonly tracks: Readonly<Record<string, VideoTrackOptions>>
  readonly notes: Readonly<Record<string, string>>
  /** Count the pictures of each file when it is done. */
  readonly verify: boolean
  readonly subject: string
  /** Told what each stream is like once its first frame has come, and of each annotation. */
  readonly onChange?: (state: {
    tracks: ReadonlyMap<string, VideoTrack>
    annotations: readonly PlacedAnnotation[]
  }) => Promise<void>
}

/** One or more videos that are recorded together. */
export class VideoRecording implements Recording {
  readonly #options: VideoRecordingOptions
  readonly #tracks: ReadonlyMap<string, VideoTrack>
  readonly #annotations: PlacedAnnotation[] = []
  readonly #started = new Date().toISOString()

  private constructor(options: VideoRecordingOptions, tracks: ReadonlyMap<string, VideoTrack>) {
    this.#options = options
    this.#tracks = tracks
  }

  /** Starts an encoder for each input. @throws {MissingPackageError} without ffmpeg. @throws RecorderError */
  static async open(options: VideoRecordingOptions): Promise<VideoRecording> {
    const tracks = new Map<string, VideoTrack>()
    try {
      for (const [name, track] of Object.entries(options.tracks)) tracks.set(name, await VideoTrack.open(track))
      const recording = new VideoRecording(options, tracks)
      await recording.#save('recording')
      return recording
    } catch (error) {
      for (const track of tracks.values()) await track.discard()
      throw error
    }
  }

  get paths(): readonly string[] {
    return [...[...this.#tracks.values()].flatMap(({ paths }) => paths), this.#options.sidecar]
  }

  get bytes(): number {
    return [...this.#tracks.values()].reduce((sum, { bytes }) => sum + bytes, 0)
  }

  async take(name: string, chunk: Chunk): Promise<void> {
    const track = this.#tracks.get(name)!
    const isFirst = track.first === undefined
    await track.take(chunk)
    if (isFirst) await this.#changed()
  }

  async addTrailingGaps(name: string, gaps: readonly Gap[]): Promise<void> {
    await this.#tracks.get(name)!.addTrailingGaps(gaps)
  }

  async annotate(annotation: PlacedAnnotation): Promise<void> {
    this.#annotations.push(annotation)
    await this.#save('recording')
    await this.#changed()
  }

  async keep(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(SYNC_INTERVAL, undefined, { signal }).catch(() => undefined)
      if (!signal.aborted) for (const track of this.#tracks.values()) await track.sync()
    }
  }

  async finish(failure: Error | undefined): Promise<'closed' | 'verified'> {
    const problems: Error[] = failure === undefined ? [] : [failure]
    const attempt = (work: Promise<void>): Promise<void> =>
      work.catch((error: unknown) => void problems.push(error as Error))
    for (const track of this.#tracks.values()) await attempt(track.finish())
    const { verify, subject } = this.#options
    if (verify && problems.length === 0) for (const track of this.#tracks.values()) await attempt(track.verify(subject))
    const state = problems.length > 0 ? 'damaged' : verify ? 'verified' : 'closed'
    await attempt(this.#save(state, problems))
    if (problems[0] !== undefined) throw problems[0]
    return verify ? 'verified' : 'closed'
  }

  async close(): Promise<void> {
    for (const track of this.#tracks.values()) await track.close()
  }

  async discard(): Promise<void> {
    for (const track of this.#tracks.values()) await track.discard()
  }

  async #changed(): Promise<void> {
    await this.#options.onChange?.({ tracks: this.#tracks, annotations: this.#annotations })
  }

  async #save(state: string, problems: readonly Error[] = []): Promise<void> {
    const { sidecar, notes } = this.#options
    const content = {
      version: 1,
      state,
      started: this.#started,
      ...(state !== 'recording' && { ended: new Date().toISOString() }),
      files: await Promise.all(
        [...this.#tracks.values()].map(async (track) => ({ name: basename(track.path), bytes: await track.size() }))
      ),
      streams: Object.fromEntries(
        [...this.#tracks].map(([name, { totals, format }]) => [name, { ...totals, codec: format.codec }])
      ),
      annotations: this.#annotations,
      notes,
      ...(state !== 'recording' && {
        verdict: { ok: problems.length === 0, problems: problems.map(({ message }) => message) }
      })
    }
    try {
      await replaceFile(join(dirname(sidecar), basename(sidecar)), `${JSON.stringify(content, undefined, 2)}\n`)
    } catch (cause) {
      throw RecorderError.from(sidecar, 'write', cause)
    }
  }
}

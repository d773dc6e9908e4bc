import { once } from 'node:events'
import { rm, stat } from 'node:fs/promises'
import { monotonicNow, type Chunk, type Gap, type InputStream } from '@nodeacq/stream'
import { DeviceProgram } from '../../devices/programs/DeviceProgram.ts'
import { runProgram } from '../../devices/programs/runProgram.ts'
import { requireProgram } from '../../devices/programs/findProgram.ts'
import { toNanoseconds, utcNow } from '../log/utcNow.ts'
import { RecorderError } from '../../files/output/RecorderError.ts'
import { encoderCall, type VideoFormat } from './encoderCall.ts'
import { FrameList } from './FrameList.ts'

/** A frame that was given to the encoder. */
export interface RecordedFrame {
  /** Of the stream. */
  readonly index: number
  /** In the file, from 0. */
  readonly frame: number
}

export interface VideoTrackOptions {
  readonly path: string
  readonly input: InputStream
  readonly format: VideoFormat
  /** Names the node in errors. */
  readonly subject: string
  /** Told of each frame. */
  readonly onFrame: (frame: RecordedFrame) => void
}

/** One input on its way into one video file. */
export class VideoTrack {
  readonly path: string
  readonly format: VideoFormat
  readonly #input: InputStream
  readonly #program: DeviceProgram
  readonly #list: FrameList
  readonly #onFrame: VideoTrackOptions['onFrame']
  #frames = 0
  #lost = 0
  #gaps = 0
  #first: number | undefined
  #next = 0
  #run: number | undefined
  #bytes = 0
  #end: string | undefined

  private constructor(options: VideoTrackOptions, program: DeviceProgram, list: FrameList) {
    this.path = options.path
    this.format = options.format
    this.#input = options.input
    this.#onFrame = options.onFrame
    this.#program = program
    this.#list = list
    void program.ended.then(({ reason }) => (this.#end = reason))
  }

  /** Starts the encoder. @throws {MissingPackageError} without ffmpeg. @throws RecorderError */
  static async open(options: VideoTrackOptions): Promise<VideoTrack> {
    const call = await encoderCall(options.path, options.format, options.subject)
    const list = await FrameList.create(framesPath(options.path))
    return new VideoTrack(options, new DeviceProgram(call), list)
  }

  get paths(): readonly string[] {
    return [this.path, this.#list.path]
  }

  /** Raw, given to the encoder. */
  get bytes(): number {
    return this.#bytes
  }

  get totals(): Readonly<Record<string, number>> {
    const { width, height, rate } = this.format
    const first = this.#first ?? 0
    return { width, height, rate, first, next: this.#next, frames: this.#frames, lost: this.#lost, gaps: this.#gaps }
  }

  /** Index in the stream of the first frame. */
  get first(): number | undefined {
    return this.#first
  }

  /** Resolves when the encoder has it. @throws RecorderError when it has ended */
  async take({ data, index, gaps, run }: Chunk): Promise<void> {
    for (const gap of gaps) if (!(this.#run === undefined && gap.declared)) await this.#addGap(run, gap)
    this.#run = run
    const contiguous = data.toContiguous()
    const bytes = contiguous.bytes()
    const size = this.#frameBytes
    const count = bytes.length / size
    for (let k = 0; k < count; k++) await this.#write(bytes.subarray(k * size, (k + 1) * size), index - count + k, run)
    // In the encoder is not on the disk: what a kill of both costs is said in the documents.
    this.#input.acknowledge(index, run)
  }

  async addTrailingGaps(gaps: readonly Gap[]): Promise<void> {
    for (const gap of gaps) if (gap.from >= this.#next) await this.#addGap(this.#run ?? 0, gap)
  }

  async sync(): Promise<void> {
    await this.#list.sync()
  }

  /** Ends the file. @throws RecorderError when the encoder did not end well */
  async finish(): Promise<void> {
    const isOver = this.#end !== undefined
    await this.#program.finish()
    const { code, reason } = await this.#program.ended
    await this.#list.sync()
    await this.#list.close()
    if (isOver || code !== 0) throw new RecorderError(this.path, `ffmpeg: ${reason}`)
  }

  /** Counts the pictures in the file. @throws RecorderError when they are not those that were recorded */
  async verify(subject: string): Promise<void> {
    const file = await requireProgram('ffprobe', subject)
    const show = ['-count_packets', '-show_entries', 'stream=nb_read_packets', '-of', 'csv=p=0']
    const { stdout, stderr, code } = await runProgram({
      file,
      args: ['-v', 'error', '-select_streams', 'v:0', ...show, this.path]
    })
    const count = Number(stdout.replace(/,?\s*$/, ''))
    if (code === 0 && count === this.#frames) return
    throw new RecorderError(
      this.path,
      `expected ${this.#frames} frames in the file, got ${stdout.trim() || stderr.trim() || 'none'}`
    )
  }

  /** Kills the encoder. Safe to call twice. */
  async close(): Promise<void> {
    await this.#program.close()
    await this.#list.close()
  }

  /** Closes, and removes the files. */
  async discard(): Promise<void> {
    await this.close()
    for (const path of this.paths) await rm(path, { force: true })
  }

  /** Of the video file. */
  async size(): Promise<number> {
    return (await stat(this.path).catch(() => undefined))?.size ?? 0
  }

  get #frameBytes(): number {
    const { width, height, pixels } = this.format
    return width * height * (pixels === 'gray' ? 1 : pixels === 'rgba' ? 4 : 3)
  }

  async #write(bytes: Uint8Array, index: number, run: number): Promise<void> {
    if (this.#end !== undefined) throw new RecorderError(this.path, `ffmpeg: ${this.#end}`)
    const { clock } = this.#input
    const [wall, mono] = [clock.wallTimeOf(index, run), clock.timeOf(index, run)]
    const isMeasured = wall !== undefined && mono !== undefined
    const frame = this.#frames
    // First the line, so that no picture is without one.
    await this.#list.add({
      frame,
      run,
      index,
      utc: isMeasured ? toNanoseconds(wall.time) : utcNow(),
      mono: (isMeasured ? mono.time : monotonicNow()) / 1000,
      isMeasured
    })
    this.#first ??= index
    this.#next = index + 1
    this.#frames += 1
    this.#bytes += bytes.length
    const { stdin, ended } = this.#program
    const isTaken = new AbortController()
    if (!stdin.write(bytes)) {
      await Promise.race([once(stdin, 'drain', { signal: isTaken.signal }).catch(() => undefined), ended])
      isTaken.abort()
    }
    this.#onFrame({ index, frame })
  }

  async #addGap(run: number, { from, to, cause }: Gap): Promise<void> {
    this.#gaps += 1
    this.#lost += to - from
    this.#next = Math.max(this.#next, to)
    await this.#list.addGap(run, { from, to, cause })
  }
}

/** Name of the list of frames of a video file. */
export function framesPath(path: string): string {
  return path.replace(/\.\w+$/, '.frames.csv')
}

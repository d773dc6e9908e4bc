import { DeviceError } from '@nodeacq/core'
import { z } from 'zod'
import type { ProgramCall } from '../programs/DeviceProgram.ts'
import { requireProgram } from '../programs/findProgram.ts'
import { firstWords, runProgram } from '../programs/runProgram.ts'

/** What ffmpeg reads frames from. */
export interface CameraSource {
  /** ffmpeg's name of the kind of input: `v4l2`, `avfoundation`, `dshow`, `lavfi`. */
  readonly format: string
  /** What `-i` takes. */
  readonly input: string
  /** Options of the input, with their dashes. */
  readonly options: readonly string[]
}

/** What a camera gives. */
export interface CameraPicture {
  readonly width: number
  readonly height: number
  /** Frames per second. */
  readonly frameRate: number
}

const probeSchema = z.object({
  streams: z.array(
    z.object({ width: z.number(), height: z.number(), avg_frame_rate: z.string(), r_frame_rate: z.string() })
  )
})

/**
 * Opens the camera for a moment, to see what it gives.
 *
 * @throws {MissingPackageError} without ffmpeg. @throws {DeviceError} when there is no camera, or it gives no video
 */
export async function probeCamera({ format, input, options }: CameraSource, subject: string): Promise<CameraPicture> {
  const file = await requireProgram('ffprobe', subject)
  const entries = 'stream=width,height,avg_frame_rate,r_frame_rate'
  const show = ['-select_streams', 'v:0', '-show_entries', entries, '-of', 'json']
  const output = await runProgram({ file, args: ['-v', 'error', ...show, '-f', format, ...options, '-i', input] })
  if (output.code !== 0) throw new DeviceError(`${subject}: ${firstWords(output)}`)
  const [stream] = probeSchema.parse(JSON.parse(output.stdout)).streams
  const frameRate = stream && (rateOf(stream.avg_frame_rate) ?? rateOf(stream.r_frame_rate))
  if (stream === undefined || frameRate === undefined) {
    throw new DeviceError(`${subject}: expected video of ${input}, got none`)
  }
  return { width: stream.width, height: stream.height, frameRate }
}

/** `30/1` as a number; undefined for `0/0`, which means that ffmpeg does not know. */
function rateOf(text: string): number | undefined {
  const [over = NaN, under = 1] = text.split('/').map(Number)
  const rate = over / under
  return Number.isFinite(rate) && rate > 0 ? rate : undefined
}

/**
 * The program that writes the frames of a camera, rgb24, one after the other, and tells of each on standard error when it was
 * taken (the filter showinfo).
 *
 * @throws {MissingPackageError}
 */
export async function captureCall(source: CameraSource, subject: string): Promise<ProgramCall> {
  const file = await requireProgram('ffmpeg', subject)
  const isMade = source.format === 'lavfi'
  const { stdout } = await runProgram({ file, args: ['-version'] })
  return {
    file,
    args: [
      ...['-hide_banner', '-nostats', '-nostdin', '-loglevel', 'info'],
      // A source that is made up comes as fast as it is read, unless it is told otherwise.
      ...(isMade ? ['-re'] : []),
      // The driver's times as they are: of the epoch.
      ...(source.format === 'v4l2' ? ['-ts', 'abs', '-copyts'] : []),
      ...['-f', source.format, ...source.options, '-i', source.input],
      ...['-an', '-vf', 'showinfo=checksum=0', ...everyFrameOnce(stdout)],
      ...['-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1']
    ]
  }
}

/** ffmpeg would otherwise repeat and drop frames to keep the rate. The option has had another name since 5.1. */
function everyFrameOnce(version: string): string[] {
  const [, major = 9, minor = 9] = (/^ffmpeg version n?(\d+)\.(\d+)/.exec(version) ?? []).map(Number)
  return [major * 100 + minor >= 501 ? '-fps_mode' : '-vsync', 'passthrough']
}

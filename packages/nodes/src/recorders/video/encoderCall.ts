import { extname } from 'node:path'
import type { ProgramCall } from '../../devices/programs/DeviceProgram.ts'
import { requireProgram } from '../../devices/programs/findProgram.ts'

/** How pictures are packed. */
export const VIDEO_CODECS = ['h264', 'ffv1', 'mjpeg'] as const
export type VideoCodec = (typeof VIDEO_CODECS)[number]

export interface VideoFormat {
  readonly width: number
  readonly height: number
  /** Frames per second. */
  readonly rate: number
  /** ffmpeg's name of what comes in: `rgb24`, `rgba`, `gray`. */
  readonly pixels: string
  readonly codec: VideoCodec
  /** Further options of the encoder, without the dash. */
  readonly options: Readonly<Record<string, string>>
}

/** Containers, and what makes each of them readable up to its last seconds after a kill. */
const CONTAINERS: Readonly<
  Record<string, { readonly codecs: readonly VideoCodec[]; readonly args: readonly string[] }>
> = {
  '.mkv': { codecs: VIDEO_CODECS, args: ['-cluster_time_limit', '1000'] },
  '.mp4': { codecs: ['h264', 'mjpeg'], args: ['-movflags', '+frag_keyframe+empty_moov+default_base_moof'] },
  '.avi': { codecs: VIDEO_CODECS, args: [] }
}

/** What is wrong with a name and a codec; undefined where they suit each other. */
export function whyNotContainer(path: string, codec: VideoCodec): string | undefined {
  const container = CONTAINERS[extname(path).toLowerCase()]
  if (container === undefined)
    return `expected a name that ends in ${Object.keys(CONTAINERS).join(', ')}, got '${path}'`
  if (container.codecs.includes(codec)) return undefined
  return `expected ${container.codecs.join(' or ')} in ${extname(path)}, got '${codec}'`
}

/**
 * The program that takes raw frames on its standard input and writes them into a file, each one once. Nothing waits in it for
 * long: a key frame each second, every packet written at once.
 * @throws {MissingPackageError} without ffmpeg
 */
export async function encoderCall(path: string, format: VideoFormat, subject: string): Promise<ProgramCall> {
  const { width, height, rate, pixels, options } = format
  const file = await requireProgram('ffmpeg', subject)
  const given = Object.entries(options).flatMap(([name, value]) => [`-${name}`, value])
  return {
    file,
    args: [
      ...['-hide_banner', '-nostats', '-loglevel', 'error', '-n'],
      ...['-f', 'rawvideo', '-pix_fmt', pixels, '-s', `${width}x${height}`, '-r', String(rate), '-i', 'pipe:0', '-an'],
      ...codecArgs(format),
      ...given,
      ...['-flush_packets', '1', ...CONTAINERS[extname(path).toLowerCase()]!.args, path]
    ]
  }
}

function codecArgs({ codec, width, height, rate, pixels }: VideoFormat): string[] {
  if (codec === 'mjpeg') return ['-c:v', 'mjpeg', '-q:v', '3', '-pix_fmt', 'yuvj420p']
  if (codec === 'ffv1') {
    const kept = pixels === 'gray' ? 'gray' : pixels === 'rgba' ? 'bgra' : 'bgr0'
    return ['-c:v', 'ffv1', '-level', '3', '-slicecrc', '1', '-g', '1', '-pix_fmt', kept]
  }
  // Half the resolution of colour needs even sides.
  const colours = width % 2 === 0 && height % 2 === 0 ? 'yuv420p' : 'yuv444p'
  const keyFrames = String(Math.max(1, Math.round(rate)))
  return ['-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-pix_fmt', colours, '-g', keyFrames]
}

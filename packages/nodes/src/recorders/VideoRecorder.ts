import { existsSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { ConfigError, registerNodeType, type PrepareOptions } from '@nodeacq/core'
import { EVENT_DTYPE, makeEvents } from '@nodeacq/stream'
import { z } from 'zod'
import { RecorderError } from '../files/output/RecorderError.ts'
import { autostartOption, RecorderNode } from './RecorderNode.ts'
import type { Recording } from './Recording.ts'
import { isTemplate, recordingPath } from './recordingPath.ts'
import { VIDEO_CODECS, whyNotContainer } from './video/encoderCall.ts'
import { formatOf } from './video/formatOf.ts'
import { VideoRecording } from './video/VideoRecording.ts'
import { framesPath, type RecordedFrame } from './video/VideoTrack.ts'

const config = z.object({
  file: z
    .string()
    .min(1)
    .describe(
      'file to record into, .mkv, .mp4 or .avi; of several inputs <name>_<input>.mkv. It must not exist, its folder must. ' +
        'In the name %n stands for a number that is free (001, 002 …) and %t for the time of the start'
    ),
  codec: z
    .enum(VIDEO_CODECS)
    .default('h264')
    .describe("'h264': small; 'ffv1': without loss; 'mjpeg': each frame for itself; default 'h264'"),
  options: z
    .record(z.string().regex(/^[\w:]+$/), z.string())
    .default({})
    .describe("further options of ffmpeg's encoder, without the dash, such as crf: '18'"),
  autostart: autostartOption,
  verify: z.enum(['full', 'off']).default('full').describe('count the frames in the file when it is done'),
  notes: z.record(z.string(), z.string()).default({}).describe('what the recording shall say of itself')
})

type Config = z.infer<typeof config>

/**
 * Records video streams through ffmpeg, into files of which a kill costs the last seconds only, and beside each of them
 * `<name>.frames.csv`, which frame of the file is which of the stream, and when it was. A file holds the frames that came, each
 * one once: what is lost is a line in the list.
 *
 * Output `frames`: an event for each recorded frame; index: of the frame in its stream, value: in the file, label: name of the
 * input. Recorded with other streams (`inputs: { frames: film.frames }`) it ties the pictures to them.
 */
export class VideoRecorder extends RecorderNode<Config> {
  static override readonly description = 'Records video through ffmpeg, with a list of which frame is when.'
  static override readonly configSchema = config
  static override readonly outputSpecs = {
    frames: { streamType: 'event', dtype: EVENT_DTYPE, shape: [-1] }
  } as const

  protected override async _configure(config: Config): Promise<void> {
    await super._configure(config)
    const { file, codec } = config
    const problem = whyNotContainer(file, codec)
    if (problem !== undefined) throw new ConfigError(this._subject, [`'file': ${problem}`])
    requireFree(this.#pathOf(file, 0))
  }

  protected override async _openRecording(done: number, { notes }: PrepareOptions): Promise<Recording> {
    const { file, codec, options, verify } = this.config
    const path = this.#pathOf(file, done)
    const names = Object.keys(this.inputs)
    const subject = this._subject
    const tracks = Object.entries(this.inputs).map(([name, input]) => {
      const own = names.length === 1 ? path : beside(path, name)
      requireFree(own)
      const format = formatOf(name, input, { subject, codec, options })
      return [name, { path: own, input, format, subject, onFrame: (frame: RecordedFrame) => this.#tell(name, frame) }]
    })
    return await VideoRecording.open({
      sidecar: path.slice(0, -extname(path).length) + '.nodeacq.json',
      tracks: Object.fromEntries(tracks) as Parameters<typeof VideoRecording.open>[0]['tracks'],
      notes: { ...this.config.notes, ...notes },
      verify: verify === 'full',
      subject
    })
  }

  protected override _target(): string {
    return this.config.file
  }

  protected override _requireAnother(): void {
    const file = resolve(this.config.file)
    if (isTemplate(file)) return
    throw new RecorderError(file, 'holds a finished recording; configure another file for the next one')
  }

  #pathOf(file: string, done: number): string {
    return recordingPath(resolve(file), { done, extension: extname(file) })
  }

  #tell(label: string, { index, frame }: RecordedFrame): void {
    void this.output.send(makeEvents([{ index, value: frame, label }])).catch((error: unknown) => {
      this.log.warning(`${this._subject}: frame ${frame} of ${label} is not told: ${String(error)}`)
    })
  }
}
registerNodeType(VideoRecorder)

function beside(path: string, name: string): string {
  const extension = extname(path)
  return join(dirname(path), `${basename(path, extension)}_${name.replaceAll(/[^\w.-]/g, '_')}${extension}`)
}

/** @throws RecorderError when the file or its list of frames is there */
function requireFree(path: string): void {
  const taken = [path, framesPath(path)].find((each) => existsSync(each))
  if (taken !== undefined) throw new RecorderError(taken, 'it exists already; a recording never replaces a file')
}

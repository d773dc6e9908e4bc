import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { ConfigError, registerNodeType, type PrepareOptions } from '@nodeacq/core'
import type { InputStream } from '@nodeacq/stream'
import { z } from 'zod'
import { ANNOTATIONS_FILE, PYACQ_VERSION } from '../files/raw/properties.ts'
import { pythonJson } from '../files/raw/pythonJson.ts'
import { describeStream } from './RawFolder.ts'
import { RecorderError } from '../files/output/RecorderError.ts'
import { autostartOption, RecorderNode } from './RecorderNode.ts'
import type { Recording } from './Recording.ts'
import { isTemplate, recordingPath } from './recordingPath.ts'
import { replaceFile } from '../files/output/replaceFile.ts'
import { StreamInputs, streamsOption, autoconnectOption } from './StreamInputs.ts'
import { VIDEO_CODECS } from './video/encoderCall.ts'
import { formatOf } from './video/formatOf.ts'
import { VideoRecording } from './video/VideoRecording.ts'

/** Of pyacq, beside the videos. */
const PROPERTIES_FILE = 'avi_stream_properties.json'

const config = z.object({
  streams: streamsOption('video'),
  autoconnect: autoconnectOption,
  folder: z
    .string()
    .min(1)
    .describe(
      'folder to record into: it is made, its parent must exist; it must not hold a recording. In the name %n stands for a ' +
        'number that is free (001, 002 …) and %t for the time of the start'
    )
    .meta({ pyacq: 'dirname' }),
  codec: z
    .enum(VIDEO_CODECS)
    .default('h264')
    .describe("codec of the pictures; default 'h264'")
    .meta({ pyacq: 'codec_name' }),
  options: z
    .record(z.string().regex(/^[\w:]+$/), z.string())
    .default({})
    .describe("further options of ffmpeg's encoder, without the dash, such as crf: '18'"),
  autostart: autostartOption,
  verify: z.enum(['full', 'off']).default('full').describe('count the frames in the files when they are done')
})

type Config = z.infer<typeof config>

/**
 * Records video streams as pyacq's AviRecorder: `<input>.avi` and `avi_stream_properties.json` in a folder; with
 * `<input>.frames.csv`, as VideoRecorder, which also makes containers that a kill harms less.
 */
export class AviRecorder extends RecorderNode<Config> {
  static override readonly description = 'Records video into AVI files, as pyacq does.'
  static override readonly configSchema = config
  readonly #configured = new StreamInputs('video')

  protected override async _configure(config: Config): Promise<void> {
    await super._configure(config)
    requireFree(recordingPath(resolve(config.folder), { done: 0 }))
    await this.#configured.replace(config, {
      inputs: this.inputs,
      add: (name) => this.addInput(name),
      refuse: (problem) => new ConfigError(this._subject, [problem])
    })
  }

  protected override async _openRecording(done: number, { notes = {} }: PrepareOptions): Promise<Recording> {
    const { folder, codec, options, verify } = this.config
    const path = recordingPath(resolve(folder), { done })
    requireFree(path)
    if (!existsSync(path)) {
      await mkdir(path).catch((cause: unknown) => {
        throw RecorderError.from(path, 'make the folder', cause)
      })
    }
    const subject = this._subject
    const tracks = Object.entries(this.inputs).map(([name, input]) => {
      const format = formatOf(name, input, { subject, codec, options })
      return [name, { path: join(path, `${name}.avi`), input, format, subject, onFrame: () => undefined }]
    })
    await saveProperties(path, this.inputs, new Map())
    return await VideoRecording.open({
      sidecar: join(path, `${basename(path)}.nodeacq.json`),
      tracks: Object.fromEntries(tracks) as Parameters<typeof VideoRecording.open>[0]['tracks'],
      notes,
      verify: verify === 'full',
      subject,
      onChange: async ({ tracks: members, annotations }) => {
        await saveProperties(path, this.inputs, new Map([...members].map(([name, { first }]) => [name, first])))
        if (annotations.length > 0) await replaceFile(join(path, ANNOTATIONS_FILE), pythonJson({ annotations }))
      }
    })
  }

  protected override _target(): string {
    return this.config.folder
  }

  protected override _requireAnother(): void {
    const folder = resolve(this.config.folder)
    if (isTemplate(folder)) return
    throw new RecorderError(folder, 'holds a finished recording; configure another folder for the next one')
  }
}
registerNodeType(AviRecorder)

/** @param first index of the first frame of each input that has one */
async function saveProperties(
  folder: string,
  inputs: Readonly<Record<string, InputStream>>,
  first: ReadonlyMap<string, number | undefined>
): Promise<void> {
  const streams = Object.entries(inputs).map(([name, input]) => {
    const { channel_info: _none, ...properties } = describeStream(input)
    const start = first.get(name)
    return [name, { ...properties, ...(start !== undefined && { start_index: start }) }]
  })
  const content = { ...(Object.fromEntries(streams) as object), pyacq_version: PYACQ_VERSION }
  await replaceFile(join(folder, PROPERTIES_FILE), pythonJson(content))
}

/** @throws RecorderError when the folder holds a recording of video */
function requireFree(path: string): void {
  const found = join(path, PROPERTIES_FILE)
  if (existsSync(found)) throw new RecorderError(found, 'expected a folder without a recording; choose another')
}

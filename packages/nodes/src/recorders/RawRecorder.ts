import { existsSync } from 'node:fs'
import { mkdir, readdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { ConfigError, registerNodeType, type PrepareOptions } from '@nodeacq/core'
import type { InputStream } from '@nodeacq/stream'
import { z } from 'zod'
import { PROPERTIES_FILE } from '../files/raw/properties.ts'
import { RawRecording } from './RawRecording.ts'
import { autostartOption, RecorderNode } from './RecorderNode.ts'
import { RecorderError } from '../files/output/RecorderError.ts'
import type { Recording } from './Recording.ts'
import { isTemplate, recordingPath } from './recordingPath.ts'
import { autoconnectOption, StreamInputs, streamsOption } from './StreamInputs.ts'

const config = z.object({
  streams: streamsOption('input'),
  autoconnect: autoconnectOption,
  folder: z
    .string()
    .min(1)
    .describe(
      'folder to record into: it is made, its parent must exist; it must not hold a recording. In the name %n stands for a ' +
        'number that is free (001, 002 …) and %t for the time of the start'
    )
    .meta({ pyacq: 'dirname' }),
  sync: z
    .number()
    .min(0)
    .max(60)
    .default(0.5)
    .describe(
      'seconds from one write to the disk to the next, which a power cut may cost; 0: leave it to the system; default 0.5'
    ),
  autostart: autostartOption,
  certificate: z
    .boolean()
    .default(true)
    .describe("put this machine's certificate (nodeacq certify) beside the recording, when there is one; default true")
})

type Config = z.infer<typeof config>

/**
 * Records any number of streams of any kind as raw samples, byte for byte as pyacq's RawRecorder: `<input>.raw` and
 * `stream_properties.json`; annotations in `annotations.json`. What pyacq lacks: `<input>.gaps.json` lists the samples that
 * are missing, small files are replaced as a whole, data goes to the disk twice a second, and a source that starts anew
 * begins another folder, `<folder>_part-002`.
 *
 * A chunk is acknowledged to its source when it is in the file. The certificate of this machine (`nodeacq certify`), when
 * there is one, is put beside the recording.
 */
export class RawRecorder extends RecorderNode<Config> {
  static override readonly description = 'Records streams as raw samples, as pyacq does.'
  static override readonly configSchema = config
  readonly #configured = new StreamInputs('input')

  protected override addInput(name: string, spec = {}): InputStream {
    if (!/^[^/\\\0:*?"<>|]+$/.test(name) || name === '.' || name === '..') {
      throw new ConfigError(this._subject, [`input '${name}': expected a name that can be a file name`])
    }
    return super.addInput(name, spec)
  }

  /**
   * Adds notes to the recording, any JSON values; a name that is there already gets the new value.
   * @throws RecorderError while there is no recording, or when they cannot be written
   */
  async addAnnotations(annotations: Record<string, unknown>): Promise<void> {
    const recording = this.recording as RawRecording | undefined
    if (recording === undefined) {
      throw new RecorderError(resolve(this.config.folder), 'no recording yet: initialize the node first')
    }
    await recording.addAnnotations(annotations)
  }

  protected override async _configure(config: Config): Promise<void> {
    await super._configure(config)
    await requireFree(recordingPath(resolve(config.folder), { done: 0 }))
    await this.#configured.replace(config, {
      inputs: this.inputs,
      add: (name) => this.addInput(name),
      refuse: (problem) => new ConfigError(this._subject, [problem])
    })
  }

  protected override async _openRecording(done: number, { notes = {} }: PrepareOptions): Promise<Recording> {
    const path = recordingPath(resolve(this.config.folder), { done })
    const { sync, certificate } = this.config
    const { inputs, log } = this
    return await RawRecording.open({ path, inputs, sync, certificate, notes, log, makeFolder })
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
registerNodeType(RawRecorder)

/** @throws RecorderError when the folder holds a recording, is a file, or has no parent */
async function requireFree(path: string): Promise<void> {
  const stats = await stat(path).catch(() => undefined)
  if (stats === undefined) {
    const parent = await stat(dirname(path)).catch(() => undefined)
    if (parent?.isDirectory()) return
    throw new RecorderError(path, `cannot make the folder: its parent ${dirname(path)} is no folder`)
  }
  if (!stats.isDirectory()) throw new RecorderError(path, 'expected a folder, got a file')
  const found = (await readdir(path)).find((name) => name === PROPERTIES_FILE || name.endsWith('.raw'))
  if (found !== undefined) {
    throw new RecorderError(path, `expected a folder without a recording, got one with '${found}'; choose another`)
  }
}

/** Only the last part of the path is made, so that a mistyped path is noticed. */
async function makeFolder(path: string): Promise<boolean> {
  await requireFree(path)
  if (existsSync(path)) return false
  try {
    await mkdir(path)
    return true
  } catch (cause) {
    throw RecorderError.from(path, 'make the folder', cause)
  }
}

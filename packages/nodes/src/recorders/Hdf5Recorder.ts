import { existsSync } from 'node:fs'
import { dirname, extname, resolve } from 'node:path'
import { ConfigError, registerNodeType, type PrepareOptions } from '@nodeacq/core'
import { z } from 'zod'
import { Hdf5Recording } from './hdf5/Hdf5Recording.ts'
import { autostartOption, RecorderNode } from './RecorderNode.ts'
import { RecorderError } from '../files/output/RecorderError.ts'
import type { Recording } from './Recording.ts'
import { isTemplate, recordingPath } from './recordingPath.ts'

const config = z.object({
  file: z
    .string()
    .min(1)
    .describe(
      'file to record into, ending in .h5 or .hdf5; it must not exist, its folder must. In the name %n stands for a number that ' +
        'is free (001, 002 …) and %t for the time of the start'
    ),
  autostart: autostartOption,
  sync: z
    .number()
    .min(0.02)
    .max(60)
    .default(0.5)
    .describe('s from one write to the disk to the next, which a kill or a power cut may cost'),
  compression: z
    .number()
    .int()
    .min(0)
    .max(9)
    .default(0)
    .describe('of gzip; 0: none. A file that is synced often grows by what each sync packs anew'),
  notes: z
    .record(z.string(), z.string())
    .default({})
    .describe('what the recording shall say of itself, such as subject'),
  attachments: z.record(z.string(), z.string()).default({}).describe('texts to keep in the file, by name')
})

type Config = z.infer<typeof config>

/**
 * Records streams into one HDF5 file (the manual's HDF5Recorder), in the layout of `docs/protocol/hdf5.md`, for programs that read
 * nothing else: beside a Recorder rather than in its place. The file can be read while it is written, and after a kill up to the
 * last sync; only then is a chunk acknowledged to its source.
 *
 * The HDF5 library works in the process of the node, and everything waits for it: give it a group of its own.
 */
export class Hdf5Recorder extends RecorderNode<Config> {
  static override readonly description = 'Records streams into an HDF5 file that can be read while it is written.'
  static override readonly configSchema = config

  protected override async _configure(config: Config): Promise<void> {
    await super._configure(config)
    const { file } = config
    if (!/\.(h5|hdf5)$/.test(file)) {
      throw new ConfigError(this._subject, [`'file': expected a name that ends in .h5 or .hdf5, got '${file}'`])
    }
    requireFree(recordingPath(resolve(file), { done: 0, extension: extname(file) }))
  }

  protected override async _openRecording(done: number, { notes }: PrepareOptions): Promise<Recording> {
    const { file, sync, compression, attachments, notes: own } = this.config
    const path = recordingPath(resolve(file), { done, extension: extname(file) })
    requireFree(path)
    const told = { ...own, ...notes }
    const texts = Object.keys(told).length === 0 ? attachments : { ...attachments, notes: JSON.stringify(told) }
    return await Hdf5Recording.open({ path, inputs: this.inputs, sync, compression, texts, source: this.name })
  }

  protected override _target(): string {
    return this.config.file
  }

  protected override _requireAnother(): void {
    const file = resolve(this.config.file)
    if (isTemplate(file)) return
    throw new RecorderError(file, 'holds a finished recording; configure another file for the next one')
  }
}
registerNodeType(Hdf5Recorder)

/** @throws RecorderError when the file is there, or its folder is not */
function requireFree(path: string): void {
  if (!existsSync(dirname(path))) throw new RecorderError(path, `its folder ${dirname(path)} is not there`)
  if (existsSync(path)) throw new RecorderError(path, 'it exists already; a recording never replaces or extends a file')
}

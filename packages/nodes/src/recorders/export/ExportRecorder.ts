import { resolve } from 'node:path'
import { ConfigError, type PrepareOptions } from '@nodeacq/core'
import { z } from 'zod'
import type { ExportTarget } from '../../convert/Exporter.ts'
import { RecorderError } from '../../files/output/RecorderError.ts'
import { autostartOption, RecorderNode } from '../RecorderNode.ts'
import type { Recording } from '../Recording.ts'
import { isTemplate, recordingPath } from '../recordingPath.ts'
import { ExportRecording } from './ExportRecording.ts'

/** Options of a recorder of a format. */
export function exportRecorderConfig({ extension, gaps, optionsSchema }: ExportTarget) {
  const modes = gaps.filter((mode) => mode !== 'split') as ['fill' | 'native', ...('fill' | 'native')[]]
  const options: z.ZodType<Readonly<Record<string, unknown>>> = optionsSchema ?? z.strictObject({})
  return z.object({
    file: z
      .string()
      .min(1)
      .describe(
        `file to record into, ending in ${extension}; it must not exist, its folder must. In the name %n stands for a number ` +
          'that is free (001, 002 …) and %t for the time of the start'
      ),
    autostart: autostartOption,
    gaps: z
      .enum(modes)
      .default(modes[0])
      .describe('how missing samples are shown: filled and marked, or as the format does'),
    sync: z
      .number()
      .min(0)
      .max(60)
      .default(0.5)
      .describe('s from one write to the disk to the next, which a power cut may cost; 0: leave it to the system'),
    patience: z
      .number()
      .min(0.1)
      .max(600)
      .default(5)
      .describe('s of silence after which what a stream lacks is filled, where others stand in the same records'),
    options: options.prefault({}).describe('options of the format, as of nodeacq convert --set'),
    notes: z.record(z.string(), z.string()).default({}).describe('what the file shall say of itself, where it has room')
  })
}

type Config = z.infer<ReturnType<typeof exportRecorderConfig>>

/**
 * Records streams of samples, and events, into files of another format while they come. A subclass names the format:
 *
 *   export class EdfRecorder extends ExportRecorder {
 *     static override readonly configSchema = exportRecorderConfig(edfTarget)
 *     protected override readonly exportTarget = edfTarget
 *   }
 *
 * A chunk is acknowledged to its source when it is in the file. What is missing is filled and marked; a source that starts
 * anew begins another file. A format loses what it cannot hold: the Recorder's own file is the safe one.
 */
export abstract class ExportRecorder extends RecorderNode<Config> {
  protected abstract readonly exportTarget: ExportTarget

  protected override async _configure(config: Config): Promise<void> {
    await super._configure(config)
    const { extension } = this.exportTarget
    if (!config.file.endsWith(extension)) {
      throw new ConfigError(this._subject, [`'file': expected a name that ends in ${extension}, got '${config.file}'`])
    }
  }

  protected override async _openRecording(done: number, { notes }: PrepareOptions): Promise<Recording> {
    const { file, ...config } = this.config
    const target = this.exportTarget
    const path = recordingPath(resolve(file), { done, extension: target.extension })
    const { inputs, log, name } = this
    return await ExportRecording.open({
      ...config,
      target,
      path,
      name,
      inputs,
      log,
      notes: { ...config.notes, ...notes }
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
}

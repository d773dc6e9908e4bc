import { readdir } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { ConfigError, registerNodeType, type PrepareOptions } from '@nodeacq/core'
import { z } from 'zod'
import { LogRecording } from './log/LogRecording.ts'
import { autostartOption, RecorderNode } from './RecorderNode.ts'
import { RecorderError } from '../files/output/RecorderError.ts'
import type { Recording } from './Recording.ts'
import { isTemplate, recordingPath } from './recordingPath.ts'

const config = z.object({
  file: z
    .string()
    .min(1)
    .describe(
      'file to record into, ending in .mcap; it must not exist, its folder must. In the name %n stands for a number that ' +
        'is free (001, 002 …) and %t for the time of the start'
    ),
  autostart: autostartOption,
  sync: z
    .number()
    .min(0)
    .max(60)
    .default(0.5)
    .describe('s from one write to the disk to the next, which a power cut may cost; 0: leave it to the system'),
  verify: z
    .enum(['full', 'tail', 'off'])
    .default('full')
    .describe('when a file is done: full: read it again and check it; tail: only its last GiB'),
  partSize: z.number().positive().default(64).describe('GiB after which another file is begun'),
  partDuration: z.number().positive().default(24).describe('hours after which another file is begun'),
  notes: z
    .record(z.string(), z.string())
    .default({})
    .describe('what the recording shall say of itself, such as subject or experiment'),
  attachments: z.record(z.string(), z.string()).default({}).describe('texts to keep in the file, by name'),
  certificate: z
    .boolean()
    .default(true)
    .describe("keep this machine's certificate (nodeacq certify) in the file, when there is one")
})

type Config = z.infer<typeof config>

/**
 * Records any number of streams of any kind, with their gaps, clocks and events, into one file that survives a kill at any
 * moment: MCAP with a mark behind each chunk (see `docs/protocol/recording.md`).
 *
 * A chunk is acknowledged to its source when it is in the file, so that a kill costs nothing that was acknowledged; `sync`
 * bounds what a power cut may cost. Beside the file, `<name>.nodeacq.json` tells how the recording stands. When it is done the
 * file is read again and checked.
 */
export class Recorder extends RecorderNode<Config> {
  static override readonly description = 'Records streams of any kind into one file that survives a crash.'
  static override readonly configSchema = config

  protected override async _configure(config: Config): Promise<void> {
    await super._configure(config)
    const { file } = config
    if (!file.endsWith('.mcap')) {
      throw new ConfigError(this._subject, [`'file': expected a name that ends in .mcap, got '${file}'`])
    }
    await requireFree(recordingPath(resolve(file), { done: 0, extension: '.mcap' }))
  }

  protected override async _openRecording(done: number, { notes }: PrepareOptions): Promise<Recording> {
    const { file, ...config } = this.config
    const path = recordingPath(resolve(file), { done, extension: '.mcap' })
    await requireFree(path)
    const { inputs, log } = this
    return await LogRecording.open({ ...config, path, inputs, log, notes: { ...config.notes, ...notes } })
  }

  protected override _target(): string {
    return this.config.file
  }

  protected override _requireAnother(): void {
    const file = resolve(this.config.file)
    if (isTemplate(file)) return
    throw new RecorderError(file, 'holds a finished recording; configure another file for the next one')
  }

  /** `bytes`: in the newest file; `durable`: of them on the disk for certain; `parts`: files. */
  protected override _counters(): Readonly<Record<string, number>> {
    const recording = this.recording as LogRecording | undefined
    return { ...(recording?.newest ?? { bytes: 0, durable: 0 }), parts: recording?.paths.length ?? 0 }
  }
}
registerNodeType(Recorder)

/** @throws RecorderError when the file or a further part of it is there, or its folder is not */
async function requireFree(path: string): Promise<void> {
  const names = await readdir(dirname(path)).catch(() => undefined)
  if (names === undefined) throw new RecorderError(path, `its folder ${dirname(path)} is not there`)
  const [file, part] = [basename(path), `${basename(path, '.mcap')}_part-`]
  const taken = names.find((name) => name === file || (name.startsWith(part) && name.endsWith('.mcap')))
  if (taken === undefined) return
  throw new RecorderError(join(dirname(path), taken), 'it exists already; a recording never replaces or extends a file')
}

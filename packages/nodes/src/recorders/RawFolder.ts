import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Chunk, Gap, InputStream } from '@nodeacq/stream'
import {
  ANNOTATIONS_FILE,
  gapsFileName,
  PROPERTIES_FILE,
  pyacqDType,
  PYACQ_VERSION,
  rawFileName,
  type StreamProperties
} from '../files/raw/properties.ts'
import { pythonJson } from '../files/raw/pythonJson.ts'
import { CERTIFICATE_FILE } from './certificate.ts'
import { RawFile } from './RawFile.ts'
import { RecorderError } from '../files/output/RecorderError.ts'
import { replaceFile } from '../files/output/replaceFile.ts'

/** A raw recording being written: its data files and the JSON beside them. */
export class RawFolder {
  readonly path: string
  readonly #files = new Map<string, RawFile>()
  readonly #properties: Record<string, StreamProperties> = {}
  /** How many changes of its gaps each stream has on the disk. */
  readonly #savedGaps = new Map<string, number>()
  readonly #annotations: Record<string, unknown> = {}
  /** JSON files are written one after the other. */
  #saving = Promise.resolve()

  private constructor(path: string) {
    this.path = path
  }

  /** Makes the data files and the properties. @throws RecorderError; then nothing stays open */
  static async create(path: string, inputs: Readonly<Record<string, InputStream>>): Promise<RawFolder> {
    const folder = new RawFolder(path)
    try {
      for (const [name, input] of Object.entries(inputs)) {
        const file = await RawFile.create(join(path, rawFileName(name)), (index) => input.acknowledge(index))
        folder.#files.set(name, file)
        folder.#properties[name] = describeStream(input)
      }
      await folder.#saveProperties()
      return folder
    } catch (error) {
      await folder.close()
      // So that it can be tried again.
      for (const { path: made } of folder.#files.values()) await rm(made, { force: true })
      throw error
    }
  }

  /** Takes a chunk; resolves when there is room for the next. @throws RecorderError */
  async append(name: string, { data, index, gaps }: Chunk): Promise<void> {
    const file = this.#files.get(name)!
    const isFirst = file.startIndex === undefined
    // What the source never had before its first sample is said by start_index.
    for (const gap of gaps) if (!(isFirst && gap.declared)) file.addGap(gap)
    await file.append(data.bytes(), data.length, index)
    if (isFirst) {
      this.#properties[name] = { ...this.#properties[name]!, start_index: file.startIndex! }
      await this.#saveProperties()
    }
  }

  /** What is missing behind the last chunk, which no chunk brings along. */
  noteTrailingGaps(name: string, gaps: readonly Gap[]): void {
    const file = this.#files.get(name)!
    const end = Math.max(file.nextIndex, file.gaps.at(-1)?.to ?? 0)
    for (const gap of gaps) if (gap.from >= end) file.addGap(gap)
  }

  /** Merges notes and writes them, all of them each time. @throws RecorderError */
  async addAnnotations(annotations: Readonly<Record<string, unknown>>): Promise<void> {
    Object.assign(this.#annotations, annotations)
    await this.#save(ANNOTATIONS_FILE, pythonJson(this.#annotations))
  }

  /** Brings data and gaps to the disk. @throws RecorderError */
  async sync(): Promise<void> {
    for (const file of this.#files.values()) await file.sync()
    await this.#saveGaps()
  }

  /** Writes what is left, syncs and closes. Everything that can be done is done, also when something fails. @throws RecorderError */
  async finish(): Promise<void> {
    const errors: unknown[] = []
    const attempt = (action: Promise<void>) => action.catch((error: unknown) => void errors.push(error))
    for (const file of this.#files.values()) await attempt(file.flush())
    await attempt(this.sync())
    await this.close()
    if (errors.length > 0) throw errors[0]
  }

  /** Closes the files as they are. Safe to call twice. */
  async close(): Promise<void> {
    for (const file of this.#files.values()) await file.close()
    await this.#saving
  }

  /** Of samples in the files. */
  get bytes(): number {
    return [...this.#files.values()].reduce((sum, file) => sum + file.bytes, 0)
  }

  /** Closes the files and removes them, and what lies beside them. */
  async remove(): Promise<void> {
    await this.close()
    const beside = [PROPERTIES_FILE, ANNOTATIONS_FILE, CERTIFICATE_FILE, ...[...this.#files.keys()].map(gapsFileName)]
    const paths = [...[...this.#files.values()].map(({ path }) => path), ...beside.map((name) => join(this.path, name))]
    for (const path of paths) await rm(path, { force: true })
  }

  async #saveProperties(): Promise<void> {
    await this.#save(PROPERTIES_FILE, pythonJson({ ...this.#properties, pyacq_version: PYACQ_VERSION }))
  }

  async #saveGaps(): Promise<void> {
    for (const [name, { gaps, gapChanges }] of this.#files) {
      if (gapChanges === (this.#savedGaps.get(name) ?? 0)) continue
      await this.#save(gapsFileName(name), `${JSON.stringify(gaps, null, 2)}\n`)
      this.#savedGaps.set(name, gapChanges)
    }
  }

  #save(name: string, content: string): Promise<void> {
    const path = join(this.path, name)
    const saved = this.#saving.then(() => replaceFile(path, content))
    this.#saving = saved.catch(() => undefined)
    return saved.catch((cause: unknown) => {
      throw RecorderError.from(path, 'write the file', cause)
    })
  }
}

/** The keys that pyacq keeps of a stream, its names and spelling. */
export function describeStream(input: InputStream): StreamProperties {
  const { streamType, dtype, shape, sampleRate, channelInfo } = input.info
  return {
    streamtype: streamType,
    dtype: pyacqDType(dtype),
    shape,
    sample_rate: sampleRate,
    ...(channelInfo != null && { channel_info: channelInfo })
  }
}

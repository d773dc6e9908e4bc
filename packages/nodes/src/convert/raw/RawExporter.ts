/**
 * Writes the folder of a RawRecorder: samples as they are, and JSON beside them (see `files/raw/properties.ts`). Events are a
 * stream of their own, `events`.
 */
import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { NdArray } from '@nodeacq/ndarray'
import { makeEvents } from '@nodeacq/stream'
import {
  gapsFileName,
  PROPERTIES_FILE,
  pyacqDType,
  PYACQ_VERSION,
  rawFileName,
  type StreamProperties
} from '../../files/raw/properties.ts'
import { pythonJson } from '../../files/raw/pythonJson.ts'
import type { RecordedGap } from '../../files/SampleFile.ts'
import { RecorderError } from '../../files/output/RecorderError.ts'
import { replaceFile } from '../../files/output/replaceFile.ts'
import { streamConversion } from '../Conversion.ts'
import type {
  Exporter,
  ExportEvent,
  ExportGap,
  ExportHead,
  ExportResult,
  ExportStream,
  ExportTarget
} from '../Exporter.ts'
import { OutputFile } from '../../files/output/OutputFile.ts'
import { uniqueName } from '../uniqueName.ts'

interface RawStreamFile {
  readonly stream: ExportStream
  readonly name: string
  readonly file: OutputFile
  readonly gaps: RecordedGap[]
  rows: number
}

class RawExporter implements Exporter {
  readonly files: readonly string[]
  readonly #path: string
  readonly #streams: readonly RawStreamFile[]
  readonly #properties: Record<string, StreamProperties> = {}
  readonly #eventsName: string
  #eventsFile: OutputFile | undefined
  #events: ExportEvent[] = []
  #eventCount = 0
  /** Gaps that are on the disk. */
  #savedGaps = 0

  private constructor(path: string, streams: readonly RawStreamFile[], eventsName: string) {
    this.files = [path]
    this.#path = path
    this.#streams = streams
    this.#eventsName = eventsName
    for (const { stream, name } of streams) this.#properties[name] = propertiesOf(stream)
  }

  /** @throws RecorderError */
  static async open(path: string, { streams }: ExportHead): Promise<RawExporter> {
    try {
      await mkdir(path)
    } catch (cause) {
      throw RecorderError.from(path, 'make the folder', cause)
    }
    const made: RawStreamFile[] = []
    try {
      const taken = new Set<string>()
      for (const stream of streams) {
        const name = uniqueName(stream.name, taken)
        const file = await OutputFile.create(join(path, rawFileName(name)))
        made.push({ stream, name, file, gaps: [], rows: 0 })
      }
      const exporter = new RawExporter(path, made, uniqueName('events', taken))
      await exporter.#saveProperties()
      return exporter
    } catch (error) {
      for (const { file } of made) await file.close()
      await rm(path, { recursive: true, force: true })
      throw error
    }
  }

  async samples(stream: number, _index: number, block: NdArray): Promise<void> {
    const target = this.#streams[stream]!
    await target.file.append(block.bytes())
    target.rows += block.length
  }

  async gap(stream: number, { from, to, cause }: ExportGap): Promise<void> {
    const { gaps, rows } = this.#streams[stream]!
    gaps.push({ from, to, row: rows, cause })
    return await Promise.resolve()
  }

  async event(event: ExportEvent): Promise<void> {
    this.#events.push(event)
    return await Promise.resolve()
  }

  async sync(): Promise<void> {
    await this.#writeEvents()
    for (const { file } of this.#streams) await file.sync()
    await this.#eventsFile?.sync()
    await this.#saveGaps()
  }

  async close(): Promise<ExportResult> {
    await this.sync()
    await this.abort()
    return {
      streams: this.#streams.map(({ stream, name, gaps }) =>
        streamConversion(stream.name, {
          gaps: { mode: 'native', count: gaps.length, samples: gaps.reduce((sum, { from, to }) => sum + to - from, 0) },
          dropped: name === stream.name ? [] : [`its name: it is called '${name}'`]
        })
      ),
      events: this.#eventCount,
      dropped: ['when the recording began, clocks and checksums: the format has none']
    }
  }

  async abort(): Promise<void> {
    for (const { file } of this.#streams) await file.close()
    await this.#eventsFile?.close()
  }

  async #writeEvents(): Promise<void> {
    if (this.#events.length === 0) return
    const data = makeEvents(this.#events)
    if (this.#eventsFile === undefined) {
      this.#eventsFile = await OutputFile.create(join(this.#path, rawFileName(this.#eventsName)))
      const dtype = pyacqDType(data.dtype.toWire())
      this.#properties[this.#eventsName] = { streamtype: 'event', dtype, shape: [-1], sample_rate: 1, start_index: 0 }
      await this.#saveProperties()
    }
    await this.#eventsFile.append(data.bytes())
    this.#eventCount += this.#events.length
    this.#events = []
  }

  async #saveProperties(): Promise<void> {
    await this.#save(PROPERTIES_FILE, pythonJson({ ...this.#properties, pyacq_version: PYACQ_VERSION }))
  }

  async #saveGaps(): Promise<void> {
    const count = this.#streams.reduce((sum, { gaps }) => sum + gaps.length, 0)
    if (count === this.#savedGaps) return
    for (const { name, gaps } of this.#streams) {
      if (gaps.length > 0) await this.#save(gapsFileName(name), `${JSON.stringify(gaps, null, 2)}\n`)
    }
    this.#savedGaps = count
  }

  async #save(name: string, content: string): Promise<void> {
    const path = join(this.#path, name)
    await replaceFile(path, content).catch((cause: unknown) => {
      throw RecorderError.from(path, 'write the file', cause)
    })
  }
}

function propertiesOf({
  streamType,
  dtype,
  sampleShape,
  sampleRate,
  channelInfo,
  startIndex
}: ExportStream): StreamProperties {
  return {
    streamtype: streamType,
    dtype: pyacqDType(dtype.toWire()),
    shape: [-1, ...sampleShape],
    sample_rate: sampleRate,
    channel_info: channelInfo,
    start_index: startIndex
  }
}

/** The folder of a RawRecorder, pyacq's or ours. */
export const rawTarget: ExportTarget = {
  name: 'raw',
  description: "raw: the folder of pyacq's RawRecorder, samples as they are with JSON beside them",
  extension: '',
  gaps: ['native'],
  isOurs: (path) => existsSync(join(path, PROPERTIES_FILE)),
  whyNot: () => undefined,
  open: (path, head) => RawExporter.open(path, head)
}

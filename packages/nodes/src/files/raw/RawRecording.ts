import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { parseDType, type DTypeLike } from '@nodeacq/ndarray'
import { RecordingFileError } from '../../errors.ts'
import { OpenFile } from '../OpenFile.ts'
import type { FileFormat } from '../openSampleFile.ts'
import { readJson } from '../readJson.ts'
import type { RecordedEvent, RecordedGap, SampleFile } from '../SampleFile.ts'
import {
  ANNOTATIONS_FILE,
  checkGaps,
  checkProperties,
  gapsFileName,
  PROPERTIES_FILE,
  rawFileName,
  type StreamProperties
} from './properties.ts'
import { RawStream } from './RawStream.ts'

/**
 * A folder written by RawRecorder, pyacq's or ours. Streams keep the names they were recorded under, the one of the highest
 * rate first; indexes are those of the recording (`start_index`, gaps). There are no events but those in event streams.
 */
class RawRecording implements SampleFile {
  readonly path: string
  readonly format = 'RawRecorder'
  readonly streams: readonly RawStream[]
  readonly startTime = undefined
  readonly warnings: string[]
  /** `annotations`: what `annotations.json` holds. */
  readonly details: Readonly<Record<string, unknown>>
  readonly #files: readonly OpenFile[]

  private constructor(
    path: string,
    parts: { streams: RawStream[]; files: OpenFile[]; warnings: string[]; annotations: unknown }
  ) {
    this.path = path
    this.streams = parts.streams
    this.warnings = parts.warnings
    this.details = parts.annotations === undefined ? {} : { annotations: parts.annotations }
    this.#files = parts.files
  }

  /** @param path the folder, or its `stream_properties.json`. @throws RecordingFileError */
  static async open(path: string): Promise<RawRecording> {
    const folder = (await stat(path)).isDirectory() ? path : dirname(path)
    const propertiesPath = join(folder, PROPERTIES_FILE)
    const warnings: string[] = []
    const files: OpenFile[] = []
    const streams: RawStream[] = []
    try {
      for (const [name, properties] of checkProperties(propertiesPath, await readJson(propertiesPath))) {
        const file = await OpenFile.open(join(folder, rawFileName(name)))
        files.push(file)
        streams.push(await openStream(folder, { name, properties, file, warnings }))
      }
      const annotationsPath = join(folder, ANNOTATIONS_FILE)
      const annotations = existsSync(annotationsPath) ? await readJson(annotationsPath) : undefined
      // The sort is stable: streams of one rate stay in the order of the file. Events (messages, not a rate) come last.
      streams.sort((a, b) => rank(b) - rank(a))
      placeInTime(streams)
      return new RawRecording(folder, { streams, files, warnings, annotations })
    } catch (error) {
      for (const file of files) await file.close()
      throw error
    }
  }

  async events(): Promise<readonly RecordedEvent[]> {
    return await Promise.resolve([])
  }

  async close(): Promise<void> {
    for (const file of this.#files) await file.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** Recognised by `stream_properties.json`. */
export const rawRecordingFormat: FileFormat = {
  name: 'RawRecorder folder',
  extensions: [],
  matches: ({ path, isDirectory }) =>
    isDirectory ? existsSync(join(path, PROPERTIES_FILE)) : basename(path) === PROPERTIES_FILE,
  open: (path) => RawRecording.open(path)
}

function rank(stream: RawStream): number {
  return stream.streamType.startsWith('event') ? -1 : stream.sampleRate
}

/** Streams of a raw recording count from one moment. */
function placeInTime(streams: readonly RawStream[]): void {
  const begin = ({ startIndex, sampleRate }: RawStream): number => startIndex / sampleRate
  const timed = streams.filter((stream) => rank(stream) > 0)
  const start = Math.min(...timed.map(begin))
  for (const stream of timed) stream.offset = begin(stream) - start
}

async function openStream(
  folder: string,
  from: { name: string; properties: StreamProperties; file: OpenFile; warnings: string[] }
): Promise<RawStream> {
  const { name, properties, file, warnings } = from
  let dtype
  try {
    dtype = parseDType(properties.dtype as DTypeLike)
  } catch (cause) {
    throw new RecordingFileError(join(folder, PROPERTIES_FILE), {
      where: `stream '${name}', key 'dtype'`,
      expected: 'a numpy dtype',
      got: JSON.stringify(properties.dtype),
      cause
    })
  }
  const gapsPath = join(folder, gapsFileName(name))
  const gaps: RecordedGap[] = existsSync(gapsPath) ? checkGaps(gapsPath, await readJson(gapsPath)) : []
  const stream = new RawStream(name, file, { properties, dtype, gaps })
  const rest = file.size - stream.sampleCount * stream.sampleBytes
  if (rest > 0) {
    warnings.push(`${name}: the last sample is cut after ${rest} of ${stream.sampleBytes} bytes and is left out`)
  }
  return stream
}

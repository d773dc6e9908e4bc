import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { RecordingFileError } from '../../errors.ts'
import { numberInLabel } from '../eventValue.ts'
import { OpenFile } from '../OpenFile.ts'
import type { FileFormat } from '../openSampleFile.ts'
import type { RecordedEvent, SampleFile } from '../SampleFile.ts'
import { indexOfRow, segmentsOf } from '../timeline.ts'
import { BrainVisionStream } from './BrainVisionStream.ts'
import {
  HEADER_IDENTIFICATION,
  MARKER_IDENTIFICATION,
  parseBrainVisionHeader,
  type BrainVisionHeader
} from './header.ts'
import { decodeText } from './ini.ts'
import { isoTime, parseMarkers, segmentGaps, type Marker } from './markers.ts'

/**
 * A BrainVision triple, opened by its header: one stream `signals`, every marker an event labelled `Type/Description`.
 * A `New Segment` whose date lies behind the data before it declares a gap.
 */
class BrainVisionFile implements SampleFile {
  readonly path: string
  readonly format = 'BrainVision'
  readonly streams: readonly BrainVisionStream[]
  readonly startTime: string | undefined
  readonly warnings: string[]
  readonly details: Readonly<Record<string, unknown>>
  readonly #data: OpenFile
  readonly #events: readonly RecordedEvent[]

  private constructor(
    path: string,
    parts: { header: BrainVisionHeader; data: OpenFile; markers: readonly Marker[]; warnings: string[] }
  ) {
    const { header, data, markers, warnings } = parts
    this.path = path
    this.warnings = warnings
    this.#data = data
    const stream = new BrainVisionStream(data, header, segmentGaps(markers, header.sampleRate, warnings), warnings)
    this.streams = [stream]
    const begin = markers.find(({ type, time }) => type === 'New Segment' && time !== undefined)?.time
    this.startTime = begin === undefined ? undefined : isoTime(begin)
    this.details = { dataFile: header.dataFile, markerFile: header.markerFile }
    const segments = segmentsOf(stream)
    this.#events = markers
      .map(({ type, description, row, points }) => ({
        index: indexOfRow(segments, row),
        duration: points,
        label: `${type}/${description}`,
        value: numberInLabel(description)
      }))
      .sort((a, b) => a.index - b.index)
  }

  /** @param path the `.vhdr`, or its `.vmrk` or `.eeg` when the header stands beside it. @throws RecordingFileError */
  static async open(path: string): Promise<BrainVisionFile> {
    const headerPath = headerBeside(path)
    const header = parseBrainVisionHeader(headerPath, decodeText(await readSmall(headerPath)))
    const warnings: string[] = []
    const markers = await readMarkerFile(headerPath, header, warnings)
    const data = await OpenFile.open(besideHeader(headerPath, header.dataFile, 'DataFile'))
    try {
      return new BrainVisionFile(headerPath, { header, data, markers, warnings })
    } catch (error) {
      await data.close()
      throw error
    }
  }

  async events(): Promise<readonly RecordedEvent[]> {
    return await Promise.resolve(this.#events)
  }

  async close(): Promise<void> {
    await this.#data.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** Recognised by its first line; a marker or data file by the header beside it. */
export const brainVisionFormat: FileFormat = {
  name: 'BrainVision',
  extensions: ['.vhdr', '.vmrk', '.eeg', '.ahdr', '.avg', '.seg'],
  matches: ({ path, head, extension }) => {
    const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('utf8')
    if (HEADER_IDENTIFICATION.test(text) || MARKER_IDENTIFICATION.test(text)) return true
    return (extension === '.eeg' || extension === '.vmrk') && headerBeside(path) !== path
  },
  open: (path) => BrainVisionFile.open(path)
}

function headerBeside(path: string): string {
  const extension = extname(path)
  if (!['.eeg', '.vmrk', '.avg', '.seg', '.dat'].includes(extension.toLowerCase())) return path
  const header = path.slice(0, path.length - extension.length) + '.vhdr'
  return existsSync(header) ? header : path
}

/** Header and marker files are text of some kilobytes; anything huge is something else. */
const MAX_TEXT_BYTES = 256 * 1024 * 1024

async function readSmall(path: string): Promise<Uint8Array> {
  const file = await OpenFile.open(path)
  try {
    if (file.size > MAX_TEXT_BYTES) {
      throw new RecordingFileError(path, { where: 'file', expected: 'a text file', got: `${file.size} bytes` })
    }
    return await file.read(0, file.size)
  } finally {
    await file.close()
  }
}

async function readMarkerFile(headerPath: string, header: BrainVisionHeader, warnings: string[]): Promise<Marker[]> {
  if (header.markerFile === undefined) return []
  const path = join(dirname(headerPath), basename(header.markerFile.replaceAll('\\', '/')))
  let bytes
  try {
    bytes = await readFile(path)
  } catch (cause) {
    warnings.push(`no markers: ${cause instanceof Error ? cause.message : String(cause)}`)
    return []
  }
  const text = decodeText(bytes)
  if (!MARKER_IDENTIFICATION.test(text)) warnings.push(`${path} does not begin as a marker file; read all the same`)
  return parseMarkers(text, warnings)
}

/** Files of a triple stand in one folder; a header that was renamed alone points to the old names. */
function besideHeader(headerPath: string, name: string, key: string): string {
  const path = join(dirname(headerPath), basename(name.replaceAll('\\', '/')))
  if (existsSync(path)) return path
  const base = basename(headerPath, extname(headerPath))
  const candidate = `${base}.eeg`
  const hint = existsSync(join(dirname(headerPath), candidate))
    ? `; '${candidate}' is there: was the triple renamed?`
    : ''
  throw new RecordingFileError(headerPath, {
    where: `[Common Infos] ${key}`,
    expected: 'the name of a file beside the header',
    got: `'${name}', which is not there${hint}`
  })
}

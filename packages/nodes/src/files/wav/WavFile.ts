import { RecordingFileError } from '../../errors.ts'
import { numberInLabel } from '../eventValue.ts'
import { OpenFile } from '../OpenFile.ts'
import type { FileFormat } from '../openSampleFile.ts'
import type { RecordedEvent, SampleFile } from '../SampleFile.ts'
import { HEADER_SIZE, NO_SIZE, parseFormat, parseMarks, type WavFormat, type WavMark } from './header.ts'
import { WavStream } from './WavStream.ts'

/** Bytes of `fmt `, `cue ` or a list that are read: a damaged size may be as large as the file. */
const MAX_CHUNK = 64 << 20
/** Chunks of a file; each is at least 8 bytes. */
const MAX_CHUNKS = 10_000
/** What stands behind the samples in a file of ours. */
const OWN_TAIL = new Set(['cue ', 'LIST'])

/**
 * A WAV file, RIFF, RF64 or BW64, of numbers that are not packed. Where the sizes were never set, or are too large, the samples
 * reach to the end of the file. Marks (`cue ` and their labels) are events.
 */
class WavFile implements SampleFile {
  readonly path: string
  readonly format: string
  readonly streams: readonly WavStream[]
  readonly startTime = undefined
  readonly warnings: readonly string[]
  readonly details: Readonly<Record<string, unknown>>
  readonly #file: OpenFile
  readonly #events: readonly RecordedEvent[]

  private constructor(file: OpenFile, { kind, format, data, marks, warnings }: WavContents) {
    this.path = file.path
    this.#file = file
    this.format = kind === 'RIFF' ? 'WAV' : kind
    this.streams = [new WavStream(file, format, data)]
    this.warnings = warnings
    this.details = { bits: format.bits, sampleFormat: format.code === 1 ? 'integer' : 'float' }
    this.#events = marks
      .map(({ frame, frames, label }) => ({ index: frame, duration: frames, label, value: numberInLabel(label) }))
      .toSorted((a, b) => a.index - b.index)
  }

  /** @throws RecordingFileError */
  static async open(path: string): Promise<WavFile> {
    const file = await OpenFile.open(path)
    try {
      return new WavFile(file, await readContents(file))
    } catch (error) {
      await file.close()
      throw error
    }
  }

  async events(): Promise<readonly RecordedEvent[]> {
    return await Promise.resolve(this.#events)
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** Recognised by its first bytes. */
export const wavFormat: FileFormat = {
  name: 'WAV',
  extensions: ['.wav', '.wave', '.rf64', '.bw64', '.w64'],
  matches: ({ head }) => isKind(Buffer.from(head).toString('latin1', 0, 4)) && head[8] === 0x57 && head[9] === 0x41,
  open: (path) => WavFile.open(path)
}

type Kind = 'RIFF' | 'RF64' | 'BW64'

interface WavContents {
  readonly kind: Kind
  readonly format: WavFormat
  readonly data: { readonly position: number; readonly bytes: number }
  readonly marks: readonly WavMark[]
  readonly warnings: string[]
}

function isKind(text: string): text is Kind {
  return text === 'RIFF' || text === 'RF64' || text === 'BW64'
}

/** Reads what stands around the samples. */
async function readContents(file: OpenFile): Promise<WavContents> {
  const head = Buffer.from(await file.read(0, Math.min(12, file.size)))
  const kind = head.toString('latin1', 0, 4)
  if (!isKind(kind) || head.toString('latin1', 8, 12) !== 'WAVE') {
    const got = JSON.stringify(head.toString('latin1'))
    throw new RecordingFileError(file.path, { where: 'bytes 0–12', expected: 'RIFF, RF64 or BW64, and WAVE', got })
  }
  const walk = new ChunkWalk(file)
  await walk.read()
  const { fmt, data, cue, lists, warnings } = walk
  if (fmt === undefined || data === undefined) {
    const got = fmt === undefined ? "no 'fmt '" : "no 'data'"
    throw new RecordingFileError(file.path, { where: 'file', expected: "chunks 'fmt ' and 'data'", got })
  }
  const format = formatOf(file.path, fmt)
  const rest = data.bytes % format.frameBytes
  if (rest > 0) warnings.push(`the last frame is cut after ${rest} of ${format.frameBytes} bytes and is left out`)
  const frames = Math.floor(data.bytes / format.frameBytes)
  const marks = parseMarks(cue, lists).filter(({ frame }) => frame <= frames)
  return { kind, format, data, marks, warnings }
}

/** Goes from chunk to chunk. */
class ChunkWalk {
  readonly warnings: string[] = []
  readonly lists: Buffer[] = []
  fmt: Buffer | undefined
  cue: Buffer | undefined
  data: { readonly position: number; readonly bytes: number } | undefined
  readonly #file: OpenFile
  /** Of the samples, where the header has 64-bit sizes. */
  #dataSize: number | undefined

  constructor(file: OpenFile) {
    this.#file = file
  }

  async read(): Promise<void> {
    let at = 12
    for (let k = 0; at + 8 <= this.#file.size && k < MAX_CHUNKS; k++) {
      const head = Buffer.from(await this.#file.read(at, 8))
      const id = head.toString('latin1', 0, 4)
      if (this.data?.position === HEADER_SIZE && !OWN_TAIL.has(id)) break
      const end = await this.#take(id, at + 8, head.readUInt32LE(4))
      if (end === undefined) return
      // A chunk of an odd size is followed by a zero.
      at = end + (end % 2)
    }
    if (this.data?.position !== HEADER_SIZE || at >= this.#file.size) return
    // Killed between two syncs: the size in our header is that of the last one.
    this.warnings.push('the size of the samples is older than the file; they are taken to reach to its end')
    this.data = { position: HEADER_SIZE, bytes: this.#file.size - HEADER_SIZE }
  }

  /** Reads a chunk. @returns where it ends, or nothing where the file cannot be followed any further */
  async #take(id: string, position: number, size: number): Promise<number | undefined> {
    if (id === 'data' && this.data === undefined) return this.#takeData(position, size)
    if (size > this.#file.size - position || size > MAX_CHUNK) {
      this.warnings.push(`chunk '${id}' of ${size} bytes at byte ${position - 8} is not read`)
      return size > this.#file.size - position ? undefined : position + size
    }
    if (id === 'LIST' || id === 'fmt ' || id === 'cue ' || id === 'ds64') {
      const content = Buffer.from(await this.#file.read(position, size))
      if (id === 'fmt ') this.fmt ??= content
      else if (id === 'cue ') this.cue ??= content
      else if (id === 'ds64' && size >= 16) this.#dataSize ??= Number(content.readBigUInt64LE(8))
      else if (id === 'LIST' && content.toString('latin1', 0, 4) === 'adtl') this.lists.push(content)
    }
    return position + size
  }

  #takeData(position: number, told: number): number {
    const rest = this.#file.size - position
    const size = told === NO_SIZE ? (this.#dataSize ?? NO_SIZE) : told
    const isUnset = size === NO_SIZE || (size === 0 && rest > 0 && position !== HEADER_SIZE)
    if (isUnset)
      this.warnings.push('the size of the samples was never set; they are taken to reach to the end of the file')
    else if (size > rest) this.warnings.push(`${size - rest} bytes of samples are missing at the end`)
    const bytes = isUnset ? rest : Math.min(size, rest)
    this.data = { position, bytes }
    return position + bytes
  }
}

function formatOf(path: string, fmt: Buffer): WavFormat {
  try {
    return parseFormat(fmt)
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    const [expected = '', got = problem] = problem.replace(/^expected /, '').split(', got ')
    throw new RecordingFileError(path, { where: "chunk 'fmt '", expected, got, cause: error })
  }
}

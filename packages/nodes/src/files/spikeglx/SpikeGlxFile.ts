import { basename } from 'node:path'
import { RecordingFileError } from '../../errors.ts'
import { OpenFile } from '../OpenFile.ts'
import type { FileFormat } from '../openSampleFile.ts'
import { PartsStream, type StreamInParts, type StreamPart } from '../PartsStream.ts'
import type { RecordedEvent, SampleFile } from '../SampleFile.ts'
import { readLines } from './digitalLines.ts'
import { describeStream, linesOf, metaNumber, readMeta, type KnownLine, type SpikeGlxMeta } from './meta.ts'
import { spikeGlxPairs, type SpikeGlxPair } from './pairs.ts'

/** Channels whose bits are lines, and what each stands for where nodeacq wrote them. */
interface Digital {
  readonly channels: readonly number[]
  readonly lines: readonly KnownLine[] | undefined
}

/**
 * A run of SpikeGLX: one gate, its triggers joined, a stream for each card and band of a probe. Indexes are `firstSample` and on, so what
 * lies between two triggers is a gap. Lines of digital words and of the sync channel are events as long as they are up.
 */
class SpikeGlxFile implements SampleFile {
  readonly path: string
  readonly format = 'SpikeGLX'
  readonly streams: readonly PartsStream[]
  readonly startTime: string | undefined
  readonly warnings: string[]
  /** `meta`: of each file, by its name. */
  readonly details: Readonly<Record<string, unknown>>
  readonly #files: readonly OpenFile[]
  readonly #digital: ReadonlyMap<PartsStream, Digital>
  #events: readonly RecordedEvent[] | undefined

  private constructor(
    path: string,
    parts: {
      digital: ReadonlyMap<PartsStream, Digital>
      files: readonly OpenFile[]
      metas: readonly SpikeGlxMeta[]
      warnings: string[]
    }
  ) {
    this.path = path
    this.#digital = parts.digital
    this.streams = [...parts.digital.keys()].toSorted((a, b) => b.sampleRate - a.sampleRate)
    this.#files = parts.files
    this.warnings = parts.warnings
    this.startTime = parts.metas[0]?.values.get('fileCreateTime')
    this.details = {
      meta: Object.fromEntries(parts.metas.map(({ path: at, values }) => [basename(at), Object.fromEntries(values)]))
    }
  }

  /** @param path a `.bin`, its `.meta`, or the folder of a run */
  static async open(path: string): Promise<SpikeGlxFile> {
    const warnings: string[] = []
    const pairs = await spikeGlxPairs(path)
    const [first] = pairs
    if (first === undefined) {
      throw new RecordingFileError(path, { where: 'folder', expected: 'a .meta beside its .bin', got: 'none' })
    }
    const isTaken = (pair: SpikeGlxPair): boolean => pair.run === first.run && pair.gate === first.gate
    for (const pair of pairs.filter((each) => !isTaken(each))) {
      warnings.push(`${pair.meta} is of another run or gate and is not read; open it by its own path`)
    }
    const files: OpenFile[] = []
    const metas: SpikeGlxMeta[] = []
    const found: (StreamInParts & { readonly digital: Digital })[] = []
    try {
      for (const [name, own] of Map.groupBy(pairs.filter(isTaken), ({ stream }) => stream)) {
        const read = await Promise.all(own.map(({ meta }) => readMeta(meta)))
        metas.push(...read)
        const about = describeStream(read[0]!, warnings)
        const parts: StreamPart[] = []
        for (const meta of read) parts.push(await openPart(meta, about.channels.length, { files, warnings }))
        // Lines are told as they come: the last trigger knows all.
        const digital = { channels: about.digital, lines: read.map(linesOf).findLast((lines) => lines !== undefined) }
        found.push({ name, sampleRate: about.sampleRate, channelInfo: about.channels, digital, parts })
      }
      const digital = new Map(PartsStream.make(found, warnings).map((stream, k) => [stream, found[k]!.digital]))
      return new SpikeGlxFile(path, { digital, files, metas, warnings })
    } catch (error) {
      for (const file of files) await file.close()
      throw error
    }
  }

  async events(): Promise<readonly RecordedEvent[]> {
    this.#events ??= await this.#readEvents()
    return this.#events
  }

  async #readEvents(): Promise<RecordedEvent[]> {
    const events: RecordedEvent[] = []
    for (const [stream, { channels, lines }] of this.#digital) {
      const factor = this.streams[0]!.sampleRate / stream.sampleRate
      for (const { index, duration, ...rest } of await readLines(stream, channels, lines)) {
        events.push({ index: Math.round(index * factor), duration: Math.round(duration * factor), ...rest })
      }
    }
    return events.toSorted((a, b) => a.index - b.index)
  }

  async close(): Promise<void> {
    for (const file of this.#files) await file.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** Recognised by the names of its files. */
export const spikeGlxFormat: FileFormat = {
  name: 'SpikeGLX',
  extensions: [],
  matches: async ({ path }) => (await spikeGlxPairs(path)).length > 0,
  open: (path) => SpikeGlxFile.open(path)
}

async function openPart(
  meta: SpikeGlxMeta,
  channels: number,
  { files, warnings }: { files: OpenFile[]; warnings: string[] }
): Promise<StreamPart> {
  const saved = metaNumber(meta, 'nSavedChans')
  if (saved !== channels) {
    throw new RecordingFileError(meta.path, {
      where: "key 'nSavedChans'",
      expected: `${channels}, as in the first file`,
      got: `${saved}`
    })
  }
  const file = await OpenFile.open(meta.path.replace(/\.meta$/, '.bin'))
  files.push(file)
  const rowBytes = channels * 2
  const rows = Math.floor(file.size / rowBytes)
  const rest = file.size - rows * rowBytes
  if (rest > 0) warnings.push(`${file.path}: the last sample is cut after ${rest} of ${rowBytes} bytes and is left out`)
  const said = meta.values.get('fileSizeBytes')
  if (said !== undefined && Number(said) !== file.size) {
    warnings.push(`${meta.path}: fileSizeBytes is ${said}, the file has ${file.size} bytes; these count`)
  }
  const hasStart = meta.values.has('firstSample')
  if (!hasStart) warnings.push(`${meta.path}: there is no firstSample; samples count from 0`)
  const index = hasStart ? metaNumber(meta, 'firstSample') : 0
  return { file, segments: rows === 0 ? [] : [{ row: 0, index, count: rows }] }
}

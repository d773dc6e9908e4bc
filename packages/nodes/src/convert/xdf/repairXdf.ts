import { encodeXmlChunk, TAG, XDF_MAGIC, walkNumbers, walkTexts } from '../../files/xdf/chunks.ts'
import { fileHeaderXml, footerXml, itemSizeOf, type StreamHeader } from '../../files/xdf/header.ts'
import { scanXdf, type XdfItem } from '../../files/xdf/scanXdf.ts'
import { RecordingFileError } from '../../errors.ts'
import { FileWindow } from '../../files/mcap/FileWindow.ts'
import { OpenFile } from '../../files/OpenFile.ts'
import { ChunkFile } from './ChunkFile.ts'

export interface XdfRepairReport {
  /** Bytes `[from, to)` of the source that are not in the result, and why. */
  readonly damage: readonly { readonly from: number; readonly to: number; readonly reason: string }[]
  readonly chunks: number
  /** Samples in the result, by the name of their stream. */
  readonly samples: ReadonlyMap<string, number>
  /** Bytes of the result, and of the source. */
  readonly bytes: number
  readonly end: number
}

/**
 * Makes a whole XDF file of one that was cut or damaged: the chunks that are whole, byte for byte, and footers that say what is
 * there. The source is left as it is.
 * @param target must not exist
 * @throws {RecordingFileError} a source that is no XDF. @throws {RecorderError} a target that cannot be written
 */
export async function repairXdf(
  source: string,
  target: string,
  progress?: (bytes: number) => void
): Promise<XdfRepairReport> {
  const input = await OpenFile.open(source)
  try {
    const head = await input.read(0, Math.min(XDF_MAGIC.length, input.size))
    if (!XDF_MAGIC.equals(head)) {
      const got = JSON.stringify(Buffer.from(head).toString('latin1'))
      throw new RecordingFileError(source, { where: 'bytes 0–4', expected: "'XDF:'", got })
    }
    const output = await ChunkFile.create(target)
    try {
      return await copyWhole(input, output, progress)
    } catch (error) {
      await output.discard()
      throw error
    }
  } finally {
    await input.close()
  }
}

async function copyWhole(
  input: OpenFile,
  output: ChunkFile,
  progress: ((bytes: number) => void) | undefined
): Promise<XdfRepairReport> {
  const totals = new Map<number, StreamTotals>()
  const footers = new Map<number, Buffer>()
  const damage: XdfRepairReport['damage'][number][] = []
  // One window for the scan, one for the bytes: the scan looks ahead.
  const bytes = new FileWindow(input)
  let chunks = 0
  for await (const item of scanXdf(new FileWindow(input))) {
    progress?.(item.to)
    if (item.kind === 'damage') {
      damage.push({ from: item.from, to: item.to, reason: item.reason })
      continue
    }
    const chunk = await bytes.read(item.from, item.to)
    if (item.kind === 'footer') {
      footers.set(item.stream, Buffer.from(chunk))
      continue
    }
    // Readers look for the header of the file first.
    if (chunks === 0 && item.kind !== 'fileHeader') await output.put(encodeXmlChunk(TAG.fileHeader, fileHeaderXml()))
    note(totals, item)
    await output.put(chunk)
    chunks += 1
  }
  if (chunks === 0) await output.put(encodeXmlChunk(TAG.fileHeader, fileHeaderXml()))
  for (const [id, stream] of totals) {
    const footer = footers.get(id)
    // The one that is there may be right only where nothing is gone.
    await output.put(
      footer !== undefined && damage.length === 0 ? footer : encodeXmlChunk(TAG.streamFooter, footerXml(stream), id)
    )
  }
  await output.finish()
  const samples = new Map([...totals.values()].map(({ header, count }) => [header.name, count]))
  return { damage, chunks, samples, bytes: output.length, end: input.size }
}

/** What a footer says. */
interface StreamTotals {
  readonly header: StreamHeader
  firstTime: number
  lastTime: number
  count: number
  readonly offsets: [time: number, offset: number][]
}

function note(totals: Map<number, StreamTotals>, item: XdfItem): void {
  if (item.kind === 'streamHeader' && !totals.has(item.stream))
    totals.set(item.stream, { header: item.header, firstTime: 0, lastTime: 0, count: 0, offsets: [] })
  if (item.kind === 'clockOffset') totals.get(item.stream)?.offsets.push([item.time, item.offset])
  if (item.kind !== 'samples' || item.count === 0) return
  const stream = totals.get(item.stream)!
  const { header, content, at, count } = item
  const step = header.nominalRate > 0 ? 1 / header.nominalRate : 0
  let [row, last, first] = [-1, stream.lastTime, NaN]
  const stamp = (at: number, time: number): void => {
    if (at === 0) first = time
    row = at
    last = time
  }
  let k = 0
  if (header.format === 'string')
    walkTexts(content, { at, count, channels: header.channelCount }, (time) => {
      if (!Number.isNaN(time)) stamp(k, time)
      k += 1
    })
  else walkNumbers(content, { at, count, rowBytes: header.channelCount * itemSizeOf(header.format) }, stamp)
  if (stream.count === 0) stream.firstTime = Number.isNaN(first) ? stream.lastTime + step : first
  stream.lastTime = last + (count - 1 - row) * step
  stream.count += count
}

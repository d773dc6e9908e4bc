import type { FileWindow } from '../mcap/FileWindow.ts'
import { parseXml, type XmlElement } from '../../xml.ts'
import { BOUNDARY, lengthSize, lengthValue, TAG, walkNumbers, walkTexts, XDF_MAGIC } from './chunks.ts'
import { itemSizeOf, parseStreamHeader, XML, type StreamHeader } from './header.ts'

/** What a chunk says. Memory of `content` is valid until the next item. */
export type XdfContent =
  | { readonly kind: 'fileHeader'; readonly info: XmlElement }
  | { readonly kind: 'streamHeader'; readonly stream: number; readonly header: StreamHeader }
  | {
      readonly kind: 'samples'
      readonly stream: number
      readonly header: StreamHeader
      readonly count: number
      readonly content: Buffer
      /** Of the first sample in `content`. */
      readonly at: number
    }
  | { readonly kind: 'clockOffset'; readonly stream: number; readonly time: number; readonly offset: number }
  | { readonly kind: 'boundary' }
  | { readonly kind: 'footer'; readonly stream: number; readonly info: XmlElement }

/** What a scan comes across, in the order of the file. `[from, to)` are bytes of the file. */
export type XdfItem =
  | ({ readonly from: number; readonly to: number } & XdfContent)
  | { readonly kind: 'damage'; readonly from: number; readonly to: number; readonly reason: string }

/** Bytes that are searched for a boundary at once. */
const SEARCH = 1 << 20
/** A chunk may have this many bytes. */
const MAX_CHUNK = 1 << 30

/**
 * Reads an XDF file from front to back. A chunk comes only when all of it is there and its content is of the length that it
 * says; behind one that is not, the scan goes on with the next chunk, or behind the next Boundary.
 */
export async function* scanXdf(file: FileWindow): AsyncGenerator<XdfItem> {
  const headers = new Map<number, StreamHeader>()
  let position = XDF_MAGIC.length
  while (position < file.size) {
    const chunk = await readChunk(file, position)
    const content = typeof chunk === 'string' ? chunk : understand(chunk, headers)
    if (typeof content !== 'string') {
      if (content.kind === 'streamHeader' && !headers.has(content.stream)) headers.set(content.stream, content.header)
      const { to } = chunk as RawChunk
      yield { from: position, to, ...content }
      position = to
      continue
    }
    // A chunk whose length leads to another one, or to the end, is wrong in itself only.
    const next = typeof chunk === 'string' ? undefined : await nextIsPlausible(file, chunk.to)
    const to = next ?? (await findBoundary(file, position + 1))
    yield { kind: 'damage', from: position, to, reason: content }
    position = to
  }
}

interface RawChunk {
  readonly tag: number
  readonly to: number
  /** Behind the tag. */
  readonly content: Buffer
}

/** The chunk at a position, or what is wrong with it. */
async function readChunk(file: FileWindow, position: number): Promise<RawChunk | string> {
  const head = await file.read(position, position + 11)
  const size = lengthSize(head, 0)
  if (size === 0) return head.length < 2 || head.length < 1 + head[0]! ? 'the file ends within a chunk' : 'no chunk'
  const to = position + size + lengthValue(head, 0)
  if (to > file.size) return 'the file ends within a chunk'
  if (to < position + size + 2) return 'a chunk without a tag'
  if (to - position > MAX_CHUNK) return `a chunk of ${to - position} bytes`
  const bytes = await file.read(position + size, to)
  return { tag: bytes.readUInt16LE(0), to, content: bytes.subarray(2) }
}

function understand({ tag, content }: RawChunk, headers: ReadonlyMap<number, StreamHeader>): XdfContent | string {
  try {
    if (tag === TAG.fileHeader) return { kind: 'fileHeader', info: parseXml(content.toString('utf8'), XML) }
    if (tag === TAG.boundary) return content.equals(BOUNDARY) ? { kind: 'boundary' } : 'a boundary of other bytes'
    const hasStream =
      tag === TAG.streamHeader || tag === TAG.samples || tag === TAG.clockOffset || tag === TAG.streamFooter
    if (!hasStream || content.length < 4) return `a chunk of the unknown kind ${tag}`
    const stream = content.readUInt32LE(0)
    const rest = content.subarray(4)
    if (tag === TAG.streamHeader)
      return { kind: 'streamHeader', stream, header: parseStreamHeader(rest.toString('utf8')) }
    if (tag === TAG.streamFooter) return { kind: 'footer', stream, info: parseXml(rest.toString('utf8'), XML) }
    if (tag === TAG.clockOffset) {
      if (rest.length !== 16) return `a clock offset of ${rest.length} bytes`
      return { kind: 'clockOffset', stream, time: rest.readDoubleLE(0), offset: rest.readDoubleLE(8) }
    }
    return samplesOf(stream, rest, headers.get(stream))
  } catch (error) {
    const what = tag === TAG.streamHeader ? 'header of a stream' : tag === TAG.streamFooter ? 'footer' : 'file header'
    return `${what}: ${error instanceof Error ? error.message : String(error)}`
  }
}

function samplesOf(stream: number, content: Buffer, header: StreamHeader | undefined): XdfContent | string {
  if (header === undefined) return `samples of stream ${stream}, whose header is not there`
  const at = lengthSize(content, 0)
  if (at === 0) return `samples of '${header.name}' without their number`
  const count = lengthValue(content, 0)
  const { channelCount, format } = header
  const isWhole =
    format === 'string'
      ? walkTexts(content, { at, count, channels: channelCount })
      : walkNumbers(content, { at, count, rowBytes: channelCount * itemSizeOf(format) })
  if (!isWhole) return `samples of '${header.name}' that are not ${count}, as their chunk says`
  return { kind: 'samples', stream, header, count, content, at }
}

/** `position` where a chunk may begin there, or the file ends. */
async function nextIsPlausible(file: FileWindow, position: number): Promise<number | undefined> {
  if (position === file.size) return position
  const head = await file.read(position, position + 11)
  const size = lengthSize(head, 0)
  if (size === 0 || head.length < size + 2) return undefined
  const tag = head.readUInt16LE(size)
  const end = position + size + lengthValue(head, 0)
  return tag >= TAG.fileHeader && tag <= TAG.streamFooter && end <= file.size ? position : undefined
}

/** Behind the next boundary, or the end of the file. */
async function findBoundary(file: FileWindow, from: number): Promise<number> {
  for (let at = from; at < file.size; at += SEARCH) {
    const bytes = await file.read(at, at + SEARCH + BOUNDARY.length - 1)
    const found = bytes.indexOf(BOUNDARY)
    if (found >= 0) return at + found + BOUNDARY.length
  }
  return file.size
}

import { RecordingFileError } from '../../errors.ts'
import { ByteReader } from './ByteReader.ts'
import type { ChunkReader } from './ChunkReader.ts'
import { isEventChannel, isNoteChannel, readJson, type LogIndex } from './LogIndex.ts'
import type { StreamExtent, StreamPlaces } from './McapStream.ts'
import { readSummary, type ChannelChunks, type Summary } from './readSummary.ts'
import { CHUNK_HEAD, MAGIC, MESSAGE_HEAD, OPCODE, readHeader, RECORD_HEAD, type Channel } from './records.ts'
import { BLOCK_HEAD, readBlockIndex } from './sampleBlock.ts'

interface Range {
  readonly stream: string
  readonly from: number
  readonly to: number
  readonly cause: string
}

/**
 * What is in a log that was closed in order, by what stands at its end: a look at few chunks, however long it is.
 * Undefined where the end does not tell all, or does not agree with itself: then the whole file has to be looked at.
 */
export async function indexBySummary(chunks: ChunkReader): Promise<LogIndex | undefined> {
  try {
    return await lookAtEnd(chunks)
  } catch (error) {
    if (error instanceof RecordingFileError) return undefined
    throw error
  }
}

async function lookAtEnd(chunks: ChunkReader): Promise<LogIndex | undefined> {
  if ((await profileOf(chunks)) !== 'nodeacq') return undefined
  const summary = await readSummary(chunks.file)
  if (summary === undefined) return undefined
  const close = await closeOf(chunks, summary)
  if (close === undefined) return undefined
  const gaps = await gapsOf(chunks, summary)
  const streams: { channel: Channel; extent: StreamExtent }[] = []
  for (const channel of summary.channels.values()) {
    const found = summary.places.get(channel.id)
    if (channel.encoding !== 'msgpack' || found === undefined) continue
    const { next, received } = close.streams[channel.topic] ?? {}
    if (next === undefined || received === undefined) return undefined
    const places = new IndexedPlaces(chunks, channel.id, found)
    const startIndex = await places.indexOf(0)
    const own = gaps.filter(({ stream, from }) => stream === channel.topic && from >= startIndex)
    const missing = own.reduce((sum, { from, to }) => sum + to - from, 0)
    if (startIndex + received + missing !== next) return undefined
    streams.push({ channel, extent: { places, startIndex, sampleCount: received, gaps: own } })
  }
  return {
    streams,
    channels: summary.channels,
    metadata: Object.fromEntries(summary.metadata.map(({ name, metadata }) => [name, metadata])),
    eventChunks: chunksOf(summary, isEventChannel),
    clockChunks: chunksOf(summary, ({ topic }) => topic === '/nodeacq/clock'),
    noteChunks: chunksOf(summary, isNoteChannel),
    isClosed: true,
    reason: close.reason,
    problems: []
  }
}

/** Of the header, with which the file begins; undefined when it does not. */
async function profileOf({ file }: ChunkReader): Promise<string | undefined> {
  const head = Buffer.from((await file.read(0, Math.min(file.size, 4096))).buffer)
  const at = MAGIC.length
  if (!head.subarray(0, at).equals(MAGIC) || head[at] !== OPCODE.header) return undefined
  try {
    return readHeader(new ByteReader(head.subarray(at + RECORD_HEAD))).profile
  } catch {
    return undefined
  }
}

function chunksOf({ channels, places }: Summary, isWanted: (channel: Channel) => boolean): number[] {
  const wanted = [...channels.values()].filter(isWanted)
  return [...new Set(wanted.flatMap(({ id }) => places.get(id)?.chunks ?? []))].toSorted((a, b) => a - b)
}

async function messagesOf(chunks: ChunkReader, summary: Summary, topic: string): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = []
  const id = [...summary.channels.values()].find((channel) => channel.topic === topic)?.id
  for (const offset of (id === undefined ? undefined : summary.places.get(id))?.chunks ?? []) {
    await chunks.read(offset, ({ messages }) => {
      for (const { channelId, data } of messages) if (channelId === id) found.push(readJson(data))
    })
  }
  return found
}

async function closeOf(
  chunks: ChunkReader,
  summary: Summary
): Promise<{ reason: string; streams: Record<string, { next?: number; received?: number }> } | undefined> {
  const close = (await messagesOf(chunks, summary, '/nodeacq/close')).at(-1)
  if (close === undefined || typeof close['streams'] !== 'object' || close['streams'] === null) return undefined
  return { reason: String(close['reason']), streams: close['streams'] as Record<string, object> }
}

async function gapsOf(chunks: ChunkReader, summary: Summary): Promise<Range[]> {
  const messages = await messagesOf(chunks, summary, '/nodeacq/gaps')
  return messages.map(({ stream, from, to, cause }) => ({
    stream: String(stream),
    from: Number(from),
    to: Number(to),
    cause: String(cause)
  }))
}

/** Finds the first sample in a chunk by the index behind the chunk, when it is asked for. */
class IndexedPlaces implements StreamPlaces {
  readonly #chunks: ChunkReader
  readonly #channelId: number
  readonly #found: ChannelChunks
  readonly #known = new Map<number, number>()

  constructor(chunks: ChunkReader, channelId: number, found: ChannelChunks) {
    this.#chunks = chunks
    this.#channelId = channelId
    this.#found = found
  }

  get count(): number {
    return this.#found.chunks.length
  }

  offsetOf(k: number): number {
    return this.#found.chunks[k]!
  }

  async indexOf(k: number): Promise<number> {
    const known = this.#known.get(k)
    if (known !== undefined) return known
    const index = (await this.#look(k)) ?? (await this.#read(k))
    this.#known.set(k, index)
    return index
  }

  /** A hint: what is read there is proven by the checksum of its chunk. */
  async #look(k: number): Promise<number | undefined> {
    const { file } = this.#chunks
    const entry = Buffer.from((await file.read(this.#found.indexes[k]!, RECORD_HEAD + 22)).buffer)
    if (entry[0] !== OPCODE.messageIndex || entry.readUInt16LE(RECORD_HEAD) !== this.#channelId) return undefined
    const at = this.offsetOf(k) + RECORD_HEAD + CHUNK_HEAD + Number(entry.readBigUInt64LE(RECORD_HEAD + 14))
    const length = RECORD_HEAD + MESSAGE_HEAD + BLOCK_HEAD
    if (at + length > file.size) return undefined
    const message = Buffer.from((await file.read(at, length)).buffer)
    if (message[0] !== OPCODE.message || message.readUInt16LE(RECORD_HEAD) !== this.#channelId) return undefined
    return readBlockIndex(message.subarray(RECORD_HEAD + MESSAGE_HEAD))
  }

  async #read(k: number): Promise<number> {
    const { blocks } = await this.#chunks.places(this.offsetOf(k))
    return blocks.get(this.#channelId)?.[0]?.index ?? NaN
  }
}

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { OpenFile } from '../../files/OpenFile.ts'
import { combineCrc32 } from '../../files/mcap/crc32.ts'
import { FileWindow } from '../../files/mcap/FileWindow.ts'
import { McapWriter } from '../../files/mcap/McapWriter.ts'
import type { Attachment, Channel } from '../../files/mcap/records.ts'
import type { StoredMessage } from '../../files/mcap/readChunkRecords.ts'
import { readBlock, type BlockHead } from '../../files/mcap/sampleBlock.ts'
import { scanLog } from '../../files/mcap/scanLog.ts'
import { isLater } from '../../files/mcap/sequence.ts'
import { verifyLog, type LogReport } from '../../files/mcap/verifyLog.ts'
import { LogFile } from './LogFile.ts'
import type { StreamTotals } from './topics.ts'

export interface RepairReport {
  /** What was there. */
  readonly source: LogReport
  /** What there is now. */
  readonly result: LogReport
  readonly messages: number
  /** Samples that are missing, and were not known to be, by topic. */
  readonly lost: ReadonlyMap<string, number>
}

/**
 * Makes a whole file of a damaged or unfinished one: everything that a checksum proves is copied, what is missing is told as
 * gaps of the cause `damaged`. The source is left as it is.
 * @param target must not exist
 * @throws RecordingFileError source that cannot be read. @throws RecorderError target that cannot be written
 */
export async function repairLog(
  source: string,
  target: string,
  progress?: (bytes: number) => void
): Promise<RepairReport> {
  const found = await verifyLog(source)
  const sha256 = await hashOf(source)
  const log = await LogFile.create(target, { hasReserve: false })
  try {
    const copy = new LogCopy(new McapWriter(log))
    const file = await OpenFile.open(source)
    try {
      await copy.begin(found, { sha256, attachments: await attachmentsOf(file) })
      for await (const item of scanLog(new FileWindow(file))) {
        if (item.kind !== 'chunk') continue
        for (const channel of item.channels)
          copy.addChannel(channel, item.schemas.find(({ id }) => id === channel.schemaId)?.name)
        for (const message of item.messages) copy.take(message)
        await copy.flush()
        progress?.(item.offset)
      }
      await copy.end()
      await log.sync()
    } finally {
      await file.close()
    }
    const result = { source: found, messages: copy.messages, lost: copy.lost }
    await log.close()
    return { ...result, result: await verifyLog(target) }
  } catch (error) {
    await log.close()
    throw error
  }
}

interface CopiedStream {
  readonly id: number
  readonly topic: string
  readonly startIndex: number
  next: number | undefined
  /** Of the newest message in the source. */
  sequence: number
  /** What the new file has of it. */
  readonly totals: StreamTotals
  crc: number
}

/** Copies messages, and tells what is missing between them. */
class LogCopy {
  messages = 0
  readonly lost = new Map<string, number>()
  readonly #writer: McapWriter
  readonly #schemas = new Map<string, number>()
  /** By the ids of the source. */
  readonly #streams = new Map<number, CopiedStream>()
  #close: Buffer | undefined
  #time = 0n

  constructor(writer: McapWriter) {
    this.#writer = writer
  }

  async begin(
    source: LogReport,
    { sha256, attachments }: { sha256: string; attachments: readonly Attachment[] }
  ): Promise<void> {
    const bytes = source.damage.reduce((sum, { from, to }) => sum + to - from, 0)
    const repair = {
      source: source.path.replace(/^.*[\\/]/, ''),
      sha256,
      bytesDropped: String(bytes),
      tool: source.library
    }
    const metadata = [...source.metadata, { name: 'nodeacq.repair', metadata: repair }]
    await this.#writer.begin({ profile: source.profile || 'nodeacq', library: source.library, metadata, attachments })
  }

  addChannel(channel: Channel, schema = ''): void {
    if (this.#streams.has(channel.id)) return
    const known = [...this.#streams.values()].find(({ topic }) => topic === channel.topic)
    const id = known?.id ?? this.#writer.addChannel({ ...channel, schemaId: this.#schemaOf(schema, channel) })
    this.#streams.set(channel.id, known ?? copiedStream(id, channel))
  }

  take(message: StoredMessage): void {
    const stream = this.#streams.get(message.channelId)
    // A part of the file may be there twice.
    if (stream === undefined || !isLater(message.sequence, stream.sequence)) return
    const isFirst = stream.sequence === -1 && message.sequence === 0
    stream.sequence = message.sequence
    this.messages += 1
    this.#time = message.logTime
    // It told of what was in the other file; verifying this one tells of this one.
    if (stream.topic === '/nodeacq/close') {
      this.#close = Buffer.from(message.data)
      return
    }
    if (stream.topic === '/nodeacq/gaps') this.#noteGap(message.data)
    const block = readBlock(message.data)
    if (block !== undefined) {
      // Where messages before it are missing, so are their samples.
      const expected = stream.next ?? (isFirst ? block.index : stream.startIndex)
      if (block.index > expected) this.#addGap(stream, expected, block.index)
      noteBlock(stream, block)
    }
    this.#writer.addMessage(stream.id, message.data, message)
  }

  /** Writes what was taken, before the memory of its chunk is used again. */
  async flush(): Promise<void> {
    await this.#writer.flush(0)
  }

  async end(): Promise<void> {
    const said = this.#close === undefined ? {} : (JSON.parse(this.#close.toString()) as CloseMessage)
    for (const stream of this.#streams.values()) {
      const { first = 0, next = 0 } = said.streams?.[stream.topic] ?? {}
      const from = stream.next ?? first
      if (stream.topic.endsWith('/samples') && next > from) this.#addGap(stream, from, next)
    }
    const streams = [...this.#streams.values()].filter(({ topic }) => topic.endsWith('/samples'))
    const totals = streams.map(({ topic, totals, crc }) => [topic, { ...totals, crc32: hex(crc) }])
    this.#addJson('/nodeacq/close', {
      reason: 'repair',
      before: said.reason,
      streams: Object.fromEntries(totals) as object
    })
    await this.#writer.flush(0)
    await this.#writer.end(0)
  }

  #noteGap(data: Buffer): void {
    const { stream, from, to } = JSON.parse(data.toString()) as { stream: string; from: number; to: number }
    const found = [...this.#streams.values()].find(({ topic }) => topic === stream)
    if (found === undefined) return
    if (found.next !== undefined && from > found.next) this.#addGap(found, found.next, from)
    countGap(found, from, to)
  }

  #addGap(stream: CopiedStream, from: number, to: number): void {
    this.lost.set(stream.topic, (this.lost.get(stream.topic) ?? 0) + to - from)
    this.#addJson('/nodeacq/gaps', { stream: stream.topic, from, to, cause: 'damaged', repaired: false })
    countGap(stream, from, to)
  }

  #addJson(topic: string, value: unknown): void {
    let stream = [...this.#streams.values()].find((each) => each.topic === topic)
    if (stream === undefined) {
      const schemaId = this.#schemaOf(`nodeacq.${topic.split('/').at(-1)!}`, { encoding: 'json' })
      const channel = { schemaId, topic, encoding: 'json', metadata: {} }
      stream = copiedStream(this.#writer.addChannel(channel), channel)
      this.#streams.set(-this.#streams.size - 1, stream)
    }
    this.#writer.addMessage(stream.id, Buffer.from(JSON.stringify(value)), { logTime: this.#time })
  }

  #schemaOf(name: string, { encoding }: { readonly encoding: string }): number {
    const known = this.#schemas.get(name)
    if (known !== undefined) return known
    const isJson = encoding === 'json'
    const id = this.#writer.addSchema(name, isJson ? 'jsonschema' : '', Buffer.from(isJson ? '{"type":"object"}' : ''))
    this.#schemas.set(name, id)
    return id
  }
}

interface CloseMessage {
  readonly reason?: string
  readonly streams?: Readonly<Record<string, { readonly first?: number; readonly next?: number }>>
}

function copiedStream(id: number, { topic, metadata }: Pick<Channel, 'topic' | 'metadata'>): CopiedStream {
  const startIndex = Number(metadata['startIndex'] ?? 0)
  const counts = { received: 0, lost: 0, duplicated: 0, gaps: 0, blocks: 0 }
  const totals = { first: startIndex, next: startIndex, ...counts, crc32: '' }
  return { id, topic, startIndex, next: undefined, sequence: -1, totals, crc: 0 }
}

function noteBlock(stream: CopiedStream, { index, count, crc, length }: BlockHead): void {
  const { totals } = stream
  if (stream.next === undefined) totals.first = index
  stream.next = totals.next = index + count
  totals.received += count
  totals.blocks += 1
  stream.crc = combineCrc32(stream.crc, crc, length)
}

function countGap(stream: CopiedStream, from: number, to: number): void {
  const { totals } = stream
  if (stream.next === undefined) totals.first = from
  const before = Math.max(from, stream.next ?? from)
  if (to <= before) return
  stream.next = totals.next = to
  totals.lost += to - before
  totals.gaps += 1
}

const hex = (crc: number): string => crc.toString(16).padStart(8, '0')

async function attachmentsOf(file: OpenFile): Promise<Attachment[]> {
  const found: Attachment[] = []
  for await (const item of scanLog(new FileWindow(file))) {
    if (item.kind === 'attachment') found.push({ ...item, data: Buffer.from(item.data) })
  }
  return found
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const bytes of createReadStream(path)) hash.update(bytes as Buffer)
  return hash.digest('hex')
}

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { OpenFile } from '../../files/OpenFile.ts'
import { FileWindow } from '../../files/mcap/FileWindow.ts'
import { McapWriter } from '../../files/mcap/McapWriter.ts'
import type { Attachment, Channel } from '../../files/mcap/records.ts'
import type { StoredMessage } from '../../files/mcap/readChunkRecords.ts'
import { readBlock } from '../../files/mcap/sampleBlock.ts'
import { scanLog } from '../../files/mcap/scanLog.ts'
import { isLater } from '../../files/mcap/sequence.ts'
import { verifyLog, type LogReport } from '../../files/mcap/verifyLog.ts'
import { LogFile } from './LogFile.ts'

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
  const log = await LogFile.create(target)
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
  next: number | undefined
  /** Of the newest message in the source. */
  sequence: number
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
    this.#streams.set(channel.id, known ?? { id, topic: channel.topic, next: undefined, sequence: -1 })
  }

  take(message: StoredMessage): void {
    const stream = this.#streams.get(message.channelId)
    // A part of the file may be there twice.
    if (stream === undefined || !isLater(message.sequence, stream.sequence)) return
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
      if (stream.next !== undefined && block.index > stream.next) this.#addGap(stream.topic, stream.next, block.index)
      stream.next = block.index + block.count
    }
    this.#writer.addMessage(stream.id, message.data, message)
  }

  /** Writes what was taken, before the memory of its chunk is used again. */
  async flush(): Promise<void> {
    await this.#writer.flush(0)
  }

  async end(): Promise<void> {
    const close =
      this.#close === undefined ? {} : (JSON.parse(this.#close.toString()) as { streams?: Record<string, object> })
    const streams = Object.keys(close.streams ?? {})
    this.#addJson('/nodeacq/close', { reason: 'repair', streams: {}, repaired: streams })
    await this.#writer.flush(0)
    await this.#writer.end(0)
  }

  #noteGap(data: Buffer): void {
    const { stream, from, to } = JSON.parse(data.toString()) as { stream: string; from: number; to: number }
    const found = [...this.#streams.values()].find(({ topic }) => topic === stream)
    if (found === undefined) return
    if (found.next !== undefined && from > found.next) this.#addGap(stream, found.next, from)
    found.next = Math.max(to, found.next ?? 0)
  }

  #addGap(stream: string, from: number, to: number): void {
    this.lost.set(stream, (this.lost.get(stream) ?? 0) + to - from)
    this.#addJson('/nodeacq/gaps', { stream, from, to, cause: 'damaged', repaired: false })
  }

  #addJson(topic: string, value: unknown): void {
    let stream = [...this.#streams.values()].find((each) => each.topic === topic)
    if (stream === undefined) {
      const schemaId = this.#schemaOf(`nodeacq.${topic.split('/').at(-1)!}`, { encoding: 'json' })
      stream = {
        id: this.#writer.addChannel({ schemaId, topic, encoding: 'json', metadata: {} }),
        topic,
        next: undefined,
        sequence: -1
      }
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

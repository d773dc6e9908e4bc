import { crc32 } from 'node:zlib'
import { OpenFile } from '../OpenFile.ts'
import { combineCrc32 } from './crc32.ts'
import { FileWindow } from './FileWindow.ts'
import type { Channel, Metadata, Statistics } from './records.ts'
import { readBlock } from './sampleBlock.ts'
import { readSummary } from './readSummary.ts'
import { scanLog, scanTail, type LogItem } from './scanLog.ts'

/** Samples `[from, to)`. */
export interface LogRange {
  readonly from: number
  readonly to: number
  readonly cause: string
}

/** One stream as it is in the file. */
export interface LogStream {
  readonly topic: string
  readonly metadata: Readonly<Record<string, string>>
  /** Messages: blocks of samples, or events. */
  messages: number
  /** First sample, and the one behind the last; undefined without any. */
  first: number | undefined
  next: number | undefined
  received: number
  /** Ranges that the recording says are missing. */
  readonly gaps: LogRange[]
  /** Ranges that are missing, and the recording does not say so. */
  readonly missing: LogRange[]
  crc32: number
}

export interface LogReport {
  readonly path: string
  readonly bytes: number
  /** The file has its end. */
  readonly isClosed: boolean
  /** Byte from which on it was read; 0: all of it. Counts and ranges of streams are those of what was read. */
  readonly readFrom: number
  readonly profile: string
  readonly library: string
  readonly metadata: readonly Metadata[]
  readonly attachments: readonly string[]
  readonly streams: ReadonlyMap<string, LogStream>
  /** What was said at its end; undefined where that is not there. */
  readonly close: unknown
  /** ns since 1970 UTC of the first and the last message. */
  readonly start: bigint
  readonly end: bigint
  readonly damage: readonly { readonly from: number; readonly to: number; readonly reason: string }[]
  /** Everything that is not as it should be; empty for a whole file. */
  readonly problems: readonly string[]
}

/** Reads all of a log by another way than it was written, and says what is in it and what is wrong with it. */
export async function verifyLog(path: string, progress?: (bytes: number) => void): Promise<LogReport> {
  const file = await OpenFile.open(path)
  try {
    const check = new LogCheck()
    for await (const item of scanLog(new FileWindow(file))) {
      check.take(item)
      if (item.kind === 'chunk') progress?.(item.offset)
    }
    return check.report(path, file.size)
  } finally {
    await file.close()
  }
}

/**
 * As `verifyLog`, of the last `bytes` of a log alone: their checksums, sequences and indexes, and that streams end where the
 * recording says. A shorter log, and one without marks or an end, is read as a whole.
 */
export async function verifyTail(path: string, bytes: number): Promise<LogReport> {
  const file = await OpenFile.open(path)
  try {
    const summary = file.size > bytes ? await readSummary(file) : undefined
    const tail = summary && (await scanTail(new FileWindow(file), file.size - bytes))
    if (tail === undefined) return await verifyLog(path)
    const check = new LogCheck({ readFrom: tail.start, channels: [...summary!.channels.values()] })
    for await (const item of scanLog(new FileWindow(file))) {
      if (item.kind === 'chunk' || item.kind === 'damage' || item.kind === 'end') break
      check.take(item)
    }
    for await (const item of tail.items) check.take(item)
    return check.report(path, file.size)
  } finally {
    await file.close()
  }
}

interface Counted {
  readonly channel: Channel
  messages: number
}

/** Gathers what a scan comes across. */
class LogCheck {
  /** 0: all of the file is looked at. */
  readonly #readFrom: number
  readonly #channels = new Map<number, Counted>()
  readonly #streams = new Map<string, LogStream>()
  readonly #metadata: Metadata[] = []
  readonly #attachments: string[] = []
  readonly #damage: { from: number; to: number; reason: string }[] = []
  readonly #problems: string[] = []
  #header = { profile: '', library: '' }
  #statistics: Statistics | undefined
  #isClosed = false
  #close: unknown
  #times = { start: 0n, end: 0n }

  /** @param channels what stands before the part that is looked at */
  constructor({ readFrom = 0, channels = [] }: { readFrom?: number; channels?: readonly Channel[] } = {}) {
    this.#readFrom = readFrom
    for (const channel of channels) this.#addChannel(channel)
  }

  take(item: LogItem): void {
    switch (item.kind) {
      case 'header':
        this.#header = { profile: item.profile, library: item.library }
        break
      case 'metadata':
        this.#metadata.push({ name: item.name, metadata: item.metadata })
        break
      case 'attachment':
        this.#attachments.push(item.name)
        break
      case 'statistics':
        this.#statistics = item.statistics
        break
      case 'damage':
        this.#damage.push(item)
        break
      case 'end':
        this.#isClosed = item.isClosed
        this.#problems.push(...item.problems)
        break
      case 'chunk':
        for (const channel of item.channels) this.#addChannel(channel)
        for (const message of item.messages) this.#takeMessage(message)
    }
  }

  report(path: string, bytes: number): LogReport {
    this.#checkStatistics()
    this.#checkClose()
    for (const { topic, missing } of this.#streams.values()) {
      for (const { from, to } of missing) this.#problems.push(`${topic}: samples ${from} to ${to} are not there`)
    }
    return {
      path,
      bytes,
      isClosed: this.#isClosed,
      readFrom: this.#readFrom,
      ...this.#header,
      metadata: this.#metadata,
      attachments: this.#attachments,
      streams: this.#streams,
      close: this.#close,
      ...this.#times,
      damage: this.#damage,
      problems: this.#problems
    }
  }

  #addChannel(channel: Channel): void {
    if (this.#channels.has(channel.id)) return
    this.#channels.set(channel.id, { channel, messages: 0 })
    if (channel.topic.startsWith('/nodeacq/')) return
    const { topic, metadata } = channel
    const stream = { first: undefined, next: undefined, received: 0, gaps: [], missing: [], crc32: 0 }
    this.#streams.set(topic, { topic, metadata, messages: 0, ...stream })
  }

  #takeMessage({
    channelId,
    sequence,
    logTime,
    data
  }: {
    channelId: number
    sequence: number
    logTime: bigint
    data: Buffer
  }): void {
    const counted = this.#channels.get(channelId)
    if (counted === undefined) {
      this.#problems.push(`a message of channel ${channelId}, which nothing describes`)
      return
    }
    const { topic } = counted.channel
    if (this.#readFrom > 0 && counted.messages === 0) counted.messages = sequence
    if (sequence !== counted.messages % 2 ** 32) {
      this.#problems.push(`${topic}: message ${sequence} follows ${counted.messages - 1}`)
      counted.messages = sequence
    }
    counted.messages += 1
    if (this.#times.start === 0n) this.#times.start = logTime
    if (logTime > this.#times.end) this.#times.end = logTime
    if (topic === '/nodeacq/gaps') this.#takeGap(data)
    else if (topic === '/nodeacq/close') this.#close = parse(data)
    else this.#takeSamples(this.#streams.get(topic), data)
  }

  #takeGap(data: Buffer): void {
    const gap = parse(data) as { stream?: string; from?: number; to?: number; cause?: string } | undefined
    const stream = this.#streams.get(gap?.stream ?? '')
    if (gap?.from === undefined || gap.to === undefined || stream === undefined) return
    const { from, to, cause = '' } = gap
    stream.gaps.push({ from, to, cause })
    stream.first ??= from
    if (stream.next !== undefined && from > stream.next)
      stream.missing.push({ from: stream.next, to: from, cause: 'damaged' })
    stream.next = Math.max(to, stream.next ?? 0)
  }

  #takeSamples(stream: LogStream | undefined, data: Buffer): void {
    if (stream === undefined) return
    stream.messages += 1
    const block = readBlock(data)
    if (block === undefined) return
    const { index, count } = block
    const crc = crc32(block.data)
    if (crc !== block.crc) this.#problems.push(`${stream.topic}: the samples from ${index} on are not those that came`)
    stream.crc32 = combineCrc32(stream.crc32, crc, block.length)
    stream.first ??= index
    if (stream.next !== undefined && index > stream.next) {
      stream.missing.push({ from: stream.next, to: index, cause: 'damaged' })
    } else if (stream.next !== undefined && index < stream.next) {
      this.#problems.push(`${stream.topic}: sample ${index} follows ${stream.next - 1}`)
    }
    stream.received += count
    stream.next = index + count
  }

  #checkStatistics(): void {
    if (this.#statistics === undefined) return
    for (const [id, count] of this.#statistics.perChannel) {
      const counted = this.#channels.get(id)
      if (this.#readFrom > 0 && counted?.messages === 0) continue
      if (counted?.messages !== count) {
        const topic = counted?.channel.topic ?? `channel ${id}`
        this.#problems.push(`${topic}: ${counted?.messages ?? 0} messages of ${count}`)
      }
    }
  }

  #checkClose(): void {
    const streams = (this.#close as { streams?: Record<string, Record<string, unknown>> } | undefined)?.streams
    if (streams === undefined) {
      if (this.#isClosed && this.#header.profile === 'nodeacq') this.#problems.push('it does not say how it ended')
      return
    }
    for (const [topic, said] of Object.entries(streams)) {
      const stream = this.#streams.get(topic)
      if (stream === undefined || !topic.endsWith('/samples')) continue
      const [first, next, received, lost] = ['first', 'next', 'received', 'lost'].map((key) => Number(said[key]))
      if (next! - first! !== received! + lost!) {
        this.#problems.push(`${topic}: ${received} received and ${lost} lost are not the samples ${first} to ${next}`)
      }
      if (this.#readFrom > 0) {
        const isEnd = stream.next === undefined || stream.next === next
        if (!isEnd) this.#problems.push(`${topic}: it ends at sample ${stream.next}, not at ${next}`)
        continue
      }
      const crc = stream.crc32.toString(16).padStart(8, '0')
      if (said['received'] !== stream.received || said['crc32'] !== crc) {
        this.#problems.push(
          `${topic}: ${stream.received} samples (${crc}) of ${String(said['received'])} (${String(said['crc32'])})`
        )
      }
    }
  }
}

function parse(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString('utf8'))
  } catch {
    return undefined
  }
}

import type { ChunkReader } from './ChunkReader.ts'
import { FileWindow } from './FileWindow.ts'
import { isEventChannel, isNoteChannel, readJson, type LogIndex } from './LogIndex.ts'
import type { StreamExtent } from './McapStream.ts'
import type { StoredMessage } from './readChunkRecords.ts'
import type { Channel } from './records.ts'
import { readBlock } from './sampleBlock.ts'
import { scanLog, type LogItem } from './scanLog.ts'
import { isLater } from './sequence.ts'

/** What is in any log, unfinished and damaged ones too, by a look at all of it: what a checksum proves is there. */
export async function indexByScan(chunks: ChunkReader): Promise<LogIndex> {
  const found = new Found()
  for await (const item of scanLog(new FileWindow(chunks.file))) {
    if (item.kind === 'metadata') found.metadata[item.name] = item.metadata
    else if (item.kind === 'end') found.end(item)
    else if (item.kind === 'chunk') {
      for (const channel of item.channels) found.addChannel(channel)
      for (const message of item.messages) found.take(message, item.offset)
    }
  }
  return found.index()
}

class Found {
  readonly metadata: Record<string, Readonly<Record<string, string>>> = {}
  readonly problems: string[] = []
  readonly #channels = new Map<number, Channel>()
  readonly #streams = new Map<number, ScannedStream>()
  readonly #sequences = new Map<number, number>()
  readonly #eventChunks = new Set<number>()
  readonly #clockChunks = new Set<number>()
  readonly #noteChunks = new Set<number>()
  #isClosed = false
  #reason: string | undefined

  addChannel(channel: Channel): void {
    if (this.#channels.has(channel.id)) return
    this.#channels.set(channel.id, channel)
    if (channel.encoding === 'msgpack') this.#streams.set(channel.id, new ScannedStream(channel.topic))
  }

  take({ channelId, sequence, data }: StoredMessage, offset: number): void {
    const channel = this.#channels.get(channelId)
    const before = this.#sequences.get(channelId)
    // A part of the file may be there twice.
    if (channel === undefined || (before !== undefined && !isLater(sequence, before))) return
    this.#sequences.set(channelId, sequence)
    const stream = this.#streams.get(channelId)
    if (stream !== undefined) {
      const block = readBlock(data)
      if (block === undefined) return
      stream.add(block.index, block.count, offset)
    } else if (isEventChannel(channel)) this.#eventChunks.add(offset)
    else if (channel.topic === '/nodeacq/clock') this.#clockChunks.add(offset)
    else if (isNoteChannel(channel)) this.#noteChunks.add(offset)
    else if (channel.topic === '/nodeacq/gaps') this.#takeGap(readJson(data))
    else if (channel.topic === '/nodeacq/close') this.#reason = String(readJson(data)['reason'])
  }

  end({ isClosed, problems }: LogItem & { kind: 'end' }): void {
    this.#isClosed = isClosed
    this.problems.push(...problems)
  }

  #takeGap({ stream: topic, from, to, cause }: Record<string, unknown>): void {
    const stream = [...this.#streams.values()].find((each) => each.topic === topic)
    stream?.addGap(Number(from), Number(to), String(cause))
  }

  index(): LogIndex {
    const streams = [...this.#streams].filter(([, stream]) => stream.count > 0)
    return {
      streams: streams.map(([id, stream]) => ({ channel: this.#channels.get(id)!, extent: stream.extent() })),
      channels: this.#channels,
      metadata: this.metadata,
      eventChunks: [...this.#eventChunks],
      clockChunks: [...this.#clockChunks],
      noteChunks: [...this.#noteChunks],
      isClosed: this.#isClosed,
      reason: this.#reason,
      problems: [...this.problems, ...[...this.#streams.values()].flatMap((stream) => stream.problems())]
    }
  }
}

class ScannedStream {
  readonly topic: string
  readonly #offsets: number[] = []
  readonly #indexes: number[] = []
  readonly #gaps: { from: number; to: number; cause: string }[] = []
  #next: number | undefined
  #startIndex = 0
  #late = 0
  count = 0

  constructor(topic: string) {
    this.topic = topic
  }

  add(index: number, count: number, offset: number): void {
    if (this.#next !== undefined && index < this.#next && this.count > 0) {
      this.#late += count
      return
    }
    if (this.count === 0) this.#startIndex = index
    else if (this.#next !== undefined && index > this.#next) this.addGap(this.#next, index, 'damaged')
    if (this.#offsets.at(-1) !== offset) {
      this.#offsets.push(offset)
      this.#indexes.push(index)
    }
    this.count += count
    this.#next = index + count
  }

  addGap(from: number, to: number, cause: string): void {
    if (this.count === 0) return
    if (this.#next !== undefined && from > this.#next) this.addGap(this.#next, from, 'damaged')
    if (to <= (this.#next ?? from)) return
    this.#gaps.push({ from: Math.max(from, this.#next ?? from), to, cause })
    this.#next = to
  }

  problems(): string[] {
    return this.#late === 0
      ? []
      : [`${this.topic}: ${this.#late} samples stand where they do not belong, and are left out`]
  }

  extent(): StreamExtent {
    const [offsets, indexes] = [this.#offsets, this.#indexes]
    const places = {
      count: offsets.length,
      offsetOf: (k: number) => offsets[k]!,
      indexOf: (k: number) => Promise.resolve(indexes[k]!)
    }
    return { places, startIndex: this.#startIndex, sampleCount: this.count, gaps: this.#gaps }
  }
}

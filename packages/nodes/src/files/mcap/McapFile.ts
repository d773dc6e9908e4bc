import { OpenFile } from '../OpenFile.ts'
import type { FileFormat } from '../openSampleFile.ts'
import type { RecordedEvent, SampleFile } from '../SampleFile.ts'
import { ChunkReader } from './ChunkReader.ts'
import { indexByScan } from './indexByScan.ts'
import { indexBySummary } from './indexBySummary.ts'
import { isEventChannel, readJson, type LogIndex } from './LogIndex.ts'
import { McapStream } from './McapStream.ts'
import { MAGIC } from './records.ts'
import { readBlock } from './sampleBlock.ts'

/**
 * A recording of the Recorder, or any other file of nodeacq's MCAP profile. One that was closed in order is opened by what
 * stands at its end, however long it is; of an unfinished or damaged one all is looked at: what a checksum proves is there,
 * and the rest are gaps. Streams keep the names of the recorder's inputs, the one of the highest rate first.
 */
class McapFile implements SampleFile {
  readonly path: string
  readonly format = 'nodeacq MCAP'
  readonly streams: readonly McapStream[]
  readonly startTime: string | undefined
  readonly warnings: readonly string[]
  readonly details: Readonly<Record<string, unknown>>
  readonly #chunks: ChunkReader
  readonly #index: LogIndex
  #events: Promise<readonly RecordedEvent[]> | undefined

  private constructor(chunks: ChunkReader, index: LogIndex, start: bigint | undefined) {
    this.path = chunks.file.path
    this.#chunks = chunks
    this.#index = index
    this.streams = index.streams
      .map(({ channel, extent }) => new McapStream(chunks, channel, extent))
      .toSorted((a, b) => b.sampleRate - a.sampleRate)
    this.startTime = start === undefined ? undefined : localTime(start)
    this.warnings = index.problems
    this.details = index.metadata
  }

  static async open(path: string): Promise<McapFile> {
    const file = await OpenFile.open(path)
    try {
      const chunks = new ChunkReader(file)
      const index = (await indexBySummary(chunks)) ?? (await indexByScan(chunks))
      return new McapFile(chunks, index, await startOf(chunks, index))
    } catch (error) {
      await file.close()
      throw error
    }
  }

  async events(): Promise<readonly RecordedEvent[]> {
    this.#events ??= this.#readEvents()
    return await this.#events
  }

  async #readEvents(): Promise<readonly RecordedEvent[]> {
    const events: RecordedEvent[] = []
    for (const offset of this.#index.eventChunks) {
      for (const { channelId, data } of (await this.#chunks.read(offset)).messages) {
        const channel = this.#index.channels.get(channelId)
        if (channel !== undefined && isEventChannel(channel)) events.push(eventOf(readJson(data)))
      }
    }
    return events.toSorted((a, b) => a.index - b.index)
  }

  async close(): Promise<void> {
    await this.#chunks.file.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** Recognised by its first bytes. */
export const mcapFormat: FileFormat = {
  name: 'nodeacq MCAP',
  extensions: ['.mcap'],
  matches: ({ head }) => MAGIC.equals(head.subarray(0, MAGIC.length)),
  open: (path) => McapFile.open(path)
}

/** When the first sample was, ns since 1970. */
async function startOf(chunks: ChunkReader, { firstChunk }: LogIndex): Promise<bigint | undefined> {
  if (firstChunk === undefined) return undefined
  const { messages } = await chunks.read(firstChunk)
  return messages.find(({ data }) => readBlock(data) !== undefined)?.publishTime
}

function eventOf(value: Record<string, unknown>): RecordedEvent {
  const number = (key: string): number => Number(value[key] ?? 0)
  const label = typeof value['label'] === 'string' ? value['label'] : ''
  return { index: number('index'), duration: number('duration'), label, value: number('value') }
}

/** ns of UTC as local time without zone. */
function localTime(ns: bigint): string {
  const date = new Date(Number(ns / 1_000_000n))
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
  return local.toISOString().replace('Z', '')
}

import { NdArray, parseDType, type DType, type DTypeLike } from '@nodeacq/ndarray'
import { RecordingFileError } from '../../errors.ts'
import { applyScaling } from '../applyScaling.ts'
import { checkRange } from '../checkRange.ts'
import { OpenFile } from '../OpenFile.ts'
import type { FileFormat } from '../openSampleFile.ts'
import type { RecordedChannel, RecordedEvent, RecordedGap, RecordedStream, SampleFile, Units } from '../SampleFile.ts'
import { FileWindow } from './FileWindow.ts'
import { CHUNK_HEAD, MAGIC, RECORD_HEAD, type Channel } from './records.ts'
import { readBlock } from './sampleBlock.ts'
import { scanLog } from './scanLog.ts'

/** Where the rows of a block are in the file. */
interface StoredBlock {
  readonly row: number
  readonly count: number
  /** Of the first byte. */
  readonly position: number
}

/** One stream of samples in a recording of the Recorder. */
class McapStream implements RecordedStream {
  readonly name: string
  readonly topic: string
  readonly streamType: string
  readonly dtype: DType
  readonly physicalDType: DType
  readonly sampleShape: readonly number[]
  readonly channelCount: number
  readonly sampleRate: number
  readonly channelInfo: readonly RecordedChannel[]
  readonly gaps: RecordedGap[] = []
  sampleCount = 0
  startIndex = 0
  readonly #file: OpenFile
  readonly #blocks: StoredBlock[] = []
  readonly #rowBytes: number
  #next: number | undefined

  constructor(file: OpenFile, { topic, metadata }: Channel) {
    this.#file = file
    this.topic = topic
    this.name = topic.replace(/^\//, '').replace(/\/samples$/, '')
    this.streamType = metadata['streamType'] ?? 'analogsignal'
    this.dtype = dtypeOf(file.path, topic, metadata['dtype'])
    this.sampleShape = (JSON.parse(metadata['shape'] ?? '[-1]') as number[]).slice(1)
    this.channelCount = this.sampleShape.at(-1) ?? 1
    this.sampleRate = Number(metadata['sampleRate'] ?? 0)
    this.channelInfo = channelsOf(metadata, this.channelCount)
    const isScaled = this.channelInfo.some(({ gain, offset }) => gain !== undefined || offset !== undefined)
    this.physicalDType = isScaled ? parseDType('float64') : this.dtype
    this.#rowBytes = this.sampleShape.reduce((size, length) => size * length, this.dtype.itemSize)
  }

  add(index: number, count: number, position: number): void {
    if (this.sampleCount === 0) this.startIndex = index
    else if (this.#next !== undefined && index > this.#next) this.addGap(this.#next, index, 'damaged')
    this.#blocks.push({ row: this.sampleCount, count, position })
    this.sampleCount += count
    this.#next = index + count
  }

  addGap(from: number, to: number, cause: string): void {
    // What is missing before the first sample, its index says.
    if (this.sampleCount > 0) this.gaps.push({ from, to, row: this.sampleCount, cause })
    this.#next = Math.max(to, this.#next ?? 0)
  }

  async read(from: number, to: number, units: Units): Promise<NdArray> {
    checkRange(this, from, to)
    const stored = NdArray.zeros([to - from, ...this.sampleShape], this.dtype)
    const bytes = stored.bytes()
    for (let row = from, k = this.#blockOf(from); row < to; k++) {
      const block = this.#blocks[k]!
      const end = Math.min(to, block.row + block.count)
      const at = block.position + (row - block.row) * this.#rowBytes
      await this.#file.readInto(bytes.subarray((row - from) * this.#rowBytes, (end - from) * this.#rowBytes), at)
      row = end
    }
    return units === 'digital' || this.physicalDType === this.dtype ? stored : applyScaling(stored, this.channelInfo)
  }

  /** The block that holds a row, by halving. */
  #blockOf(row: number): number {
    let low = 0
    let high = this.#blocks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#blocks[middle]!.row <= row) low = middle
      else high = middle - 1
    }
    return low
  }
}

/**
 * A recording of the Recorder, or any other file of nodeacq's MCAP profile; closed, unfinished or damaged: what a checksum
 * proves is there, and the rest are gaps. Streams keep the names of the recorder's inputs, the one of the highest rate first.
 */
class McapFile implements SampleFile {
  readonly path: string
  readonly format = 'nodeacq MCAP'
  readonly streams: readonly McapStream[]
  readonly startTime: string | undefined
  readonly warnings: readonly string[]
  readonly details: Readonly<Record<string, unknown>>
  readonly #file: OpenFile
  readonly #events: readonly RecordedEvent[]

  private constructor(file: OpenFile, found: Found) {
    this.path = file.path
    this.#file = file
    this.streams = [...found.streams.values()].toSorted((a, b) => b.sampleRate - a.sampleRate)
    this.startTime = found.start === 0n ? undefined : localTime(found.start)
    this.warnings = found.problems
    this.details = found.metadata
    this.#events = found.events.toSorted((a, b) => a.index - b.index)
  }

  static async open(path: string): Promise<McapFile> {
    const file = await OpenFile.open(path)
    try {
      return new McapFile(file, await find(file))
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
export const mcapFormat: FileFormat = {
  name: 'nodeacq MCAP',
  extensions: ['.mcap'],
  matches: ({ head }) => MAGIC.equals(head.subarray(0, MAGIC.length)),
  open: (path) => McapFile.open(path)
}

interface Found {
  readonly streams: Map<number, McapStream>
  readonly events: RecordedEvent[]
  readonly metadata: Record<string, unknown>
  readonly problems: string[]
  start: bigint
}

async function find(file: OpenFile): Promise<Found> {
  const found: Found = { streams: new Map(), events: [], metadata: {}, problems: [], start: 0n }
  const channels = new Map<number, Channel>()
  for await (const item of scanLog(new FileWindow(file))) {
    if (item.kind === 'metadata') found.metadata[item.name] = item.metadata
    if (item.kind === 'end') found.problems.push(...item.problems)
    if (item.kind !== 'chunk') continue
    if (item.head.compression !== '') {
      const problem = {
        where: `chunk at ${item.offset}`,
        expected: 'samples that are not packed',
        got: item.head.compression
      }
      throw new RecordingFileError(file.path, problem)
    }
    for (const channel of item.channels) {
      if (channels.has(channel.id)) continue
      channels.set(channel.id, channel)
      if (channel.encoding === 'msgpack') found.streams.set(channel.id, new McapStream(file, channel))
    }
    const records = item.offset + RECORD_HEAD + CHUNK_HEAD
    for (const { channelId, publishTime, data, at } of item.messages) {
      const stream = found.streams.get(channelId)
      const block = stream && readBlock(data)
      if (stream !== undefined && block !== undefined) {
        if (found.start === 0n) found.start = publishTime
        stream.add(block.index, block.count, records + at + (data.length - block.length))
      } else if (channels.get(channelId)?.encoding === 'json') takeJson(found, channels.get(channelId)!.topic, data)
    }
  }
  return found
}

function takeJson(found: Found, topic: string, data: Buffer): void {
  const value = JSON.parse(data.toString('utf8')) as Record<string, unknown>
  if (topic === '/nodeacq/gaps') {
    const stream = [...found.streams.values()].find((each) => each.topic === value['stream'])
    stream?.addGap(Number(value['from']), Number(value['to']), String(value['cause']))
  } else if (!topic.startsWith('/nodeacq/')) {
    const number = (key: string): number => Number(value[key] ?? 0)
    const label = typeof value['label'] === 'string' ? value['label'] : ''
    found.events.push({ index: number('index'), duration: number('duration'), label, value: number('value') })
  }
}

function dtypeOf(path: string, topic: string, text = ''): DType {
  try {
    return parseDType((text.startsWith('[[') ? JSON.parse(text) : text) as DTypeLike)
  } catch (cause) {
    throw new RecordingFileError(path, { where: `${topic}, dtype`, expected: 'a numpy dtype', got: text, cause })
  }
}

function channelsOf(metadata: Readonly<Record<string, string>>, count: number): RecordedChannel[] {
  const given = metadata['channelInfo'] === undefined ? [] : (JSON.parse(metadata['channelInfo']) as RecordedChannel[])
  const unit = metadata['units'] === undefined ? {} : { unit: metadata['units'] }
  const scaling = (key: 'scale' | 'offset', channel: number): number | undefined => {
    if (metadata[key] === undefined) return undefined
    const value = JSON.parse(metadata[key]) as number | number[]
    return Array.isArray(value) ? value[channel] : value
  }
  return Array.from({ length: count }, (_, k) => {
    const [gain, offset] = [scaling('scale', k), scaling('offset', k)]
    const own = { ...(gain !== undefined && { gain }), ...(offset !== undefined && { offset }) }
    return { name: `ch${k}`, ...unit, ...own, ...given[k] }
  })
}

/** ns of UTC as local time without zone. */
function localTime(ns: bigint): string {
  const date = new Date(Number(ns / 1_000_000n))
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
  return local.toISOString().replace('Z', '')
}

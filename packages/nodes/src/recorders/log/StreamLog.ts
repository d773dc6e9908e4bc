import { parseDType } from '@nodeacq/ndarray'
import { monotonicNow, readEvents, type Chunk, type Gap, type InputStream } from '@nodeacq/stream'
import { combineCrc32 } from '../../files/mcap/crc32.ts'
import type { McapWriter } from '../../files/mcap/McapWriter.ts'
import { channelMetadata, eventsTopic, isEventStream, samplesTopic, type StreamTotals } from './topics.ts'
import { toNanoseconds, utcNow } from './utcNow.ts'

/** Ids of the channels that all streams share. */
export interface SharedChannels {
  readonly gaps: number
  readonly clock: number
}

export interface StreamLogContext {
  readonly writer: McapWriter
  readonly schemas: { readonly samples: number; readonly event: number }
  readonly shared: SharedChannels
  /** The same stream in the part before. */
  readonly previous?: StreamLog | undefined
}

/** ns from one mark of a stream's clock to the next. */
const CLOCK_INTERVAL = 10_000_000_000n

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

/** Beside what streams tell, what came and could not be written. */
type StreamGap = Omit<Gap, 'cause' | 'declared'> & {
  readonly cause: Gap['cause'] | 'disk'
  readonly declared?: boolean
}

/** What of a stream was taken at some time. */
export interface StreamAccount {
  readonly first: number
  readonly next: number | undefined
  readonly crc: number
  readonly counts: Omit<StreamTotals, 'first' | 'next' | 'crc32'>
}

/** One stream in one part of a recording. */
export class StreamLog {
  readonly name: string
  readonly topic: string
  readonly #input: InputStream
  readonly #writer: McapWriter
  readonly #channel: number
  readonly #shared: SharedChannels
  readonly #isEvents: boolean
  /** Index counts messages, of whatever length. */
  readonly #countsMessages: boolean
  #next: number | undefined
  #first = 0
  #crc = 0
  #counts = { received: 0, lost: 0, duplicated: 0, gaps: 0, blocks: 0 }
  #marked = 0n
  /** Of this host's clock, as it is in the file. */
  newestMark: object | undefined
  /** What is acknowledged once it is in the file. */
  #taken: { index: number; run: number } | undefined
  #run: number | undefined
  /** Behind the last sample that came. */
  #last: { index: number; run: number } | undefined

  constructor(name: string, input: InputStream, { writer, schemas, shared, previous }: StreamLogContext) {
    const { info } = input
    this.name = name
    this.#input = input
    this.#writer = writer
    this.#shared = shared
    this.#isEvents = isEventStream(info)
    this.#countsMessages = info.accounting !== 'samples'
    this.topic = this.#isEvents ? eventsTopic(name) : samplesTopic(name)
    if (previous?.run !== undefined) this.#continue(previous)
    this.#channel = writer.addChannel({
      schemaId: this.#isEvents ? schemas.event : schemas.samples,
      topic: this.topic,
      encoding: this.#isEvents ? 'json' : 'msgpack',
      metadata: channelMetadata(info, this.#first)
    })
  }

  /** Of the newest chunk. */
  get run(): number | undefined {
    return this.#run
  }

  /** What has to be in this part follows what is in the one before. */
  #continue(previous: StreamLog): void {
    this.#run = previous.#run
    this.#next = previous.#next
    this.#first = previous.#next ?? 0
  }

  /** The chunk is of another run than what is in this part: its index begins anew. */
  beginsAnew({ run }: Chunk): boolean {
    return this.#counts.blocks > 0 && run !== this.#run
  }

  /** Takes a chunk, whose memory it keeps until it is in the file. */
  add({ data, index, gaps, run }: Chunk): void {
    const count = this.#countsMessages ? 1 : data.length
    const first = index - count
    if (run !== this.#run) this.#next = undefined
    this.#run = run
    for (const gap of gaps) this.addGap(gap)
    if (this.#next === undefined) this.#first = first
    this.#next = index
    this.#counts.received += count
    this.#taken = this.#last = { index, run }
    const logTime = utcNow()
    const wall = this.#input.clock.wallTimeOf(first, run)
    const times = { logTime, publishTime: wall === undefined ? logTime : toNanoseconds(wall.time) }
    if (logTime - this.#marked > CLOCK_INTERVAL) this.#markClock(index, run, logTime)
    if (this.#isEvents) {
      for (const event of readEvents(data)) this.#addJson(this.#channel, { stream: this.topic, ...event }, times)
      this.#counts.blocks += 1
      return
    }
    const native = data.dtype.isNative ? data : data.astype(parseDType(data.dtype.toNative().name))
    const bytes = native.isContiguous ? native.bytes() : native.copy().bytes()
    const block = { index: first, count, mono: toNanoseconds(monotonicNow()), data: bytes }
    const crc = this.#writer.addBlock(this.#channel, block, times)
    this.#crc = combineCrc32(this.#crc, crc, bytes.length)
    this.#counts.blocks += 1
  }

  /** Tells what is missing; where nothing came before, what the source never had is no gap. */
  addGap({ from, to, cause, declared = false }: StreamGap): void {
    if (this.#next === undefined && declared) return
    this.#counts.gaps += 1
    this.#counts.lost += to - from
    if (this.#next === undefined) this.#first = from
    this.#next = to
    this.#addJson(this.#shared.gaps, { stream: this.topic, from, to, cause, repaired: false }, { logTime: utcNow() })
  }

  /** Gaps behind the last chunk, which no chunk told of. */
  addTrailingGaps(gaps: readonly Gap[]): void {
    for (const gap of gaps) if (gap.cause !== 'skipped' && gap.to > (this.#next ?? -1)) this.addGap(gap)
  }

  /** When a sample was, as measured: the wall clock of this host, and the device's own clock where it has one. */
  #markClock(index: number, run: number, logTime: bigint): void {
    const at = index - 1
    const { clock } = this.#input
    const [mono, utc, device] = [clock.timeOf(at, run), clock.wallTimeOf(at, run), clock.deviceTimeOf(at, run)]
    if (mono === undefined || utc === undefined) return
    this.#marked = logTime
    const ns = (ms: number): string => String(toNanoseconds(ms))
    const common = { stream: this.topic, index: at, mono: ns(mono.time), utc: ns(utc.time) }
    const mark = { clock: 'host', ...common, uncertaintyNs: ns(utc.uncertainty), method: 'fit of marks' }
    this.newestMark = mark
    this.#addJson(this.#shared.clock, mark, { logTime })
    if (device === undefined) return
    const own = { clock: 'device', ...common, uncertaintyNs: ns(device.uncertainty), deviceNs: ns(device.time) }
    this.#addJson(this.#shared.clock, { ...own, method: 'marks of the device' }, { logTime })
  }

  /** When the last sample was. */
  markEnd(): void {
    if (this.#last !== undefined) this.#markClock(this.#last.index, this.#last.run, utcNow())
  }

  /** What was taken up to now. */
  account(): StreamAccount {
    return { first: this.#first, next: this.#next, crc: this.#crc, counts: { ...this.#counts } }
  }

  /** Goes back to what was taken before: what came since is in no file, and a gap says so. */
  goBack({ first, next, crc, counts }: StreamAccount): void {
    const taken = this.#next
    this.#taken = undefined
    this.#first = first
    this.#next = next
    this.#crc = crc
    this.#counts = { ...counts }
    if (next === undefined || taken === undefined || this.#isEvents || taken <= next) return
    this.addGap({ from: next, to: taken, cause: 'disk' })
  }

  /** What was taken since the last call, to be acknowledged when it is in the file. */
  takeAcknowledgement(): (() => void) | undefined {
    const taken = this.#taken
    this.#taken = undefined
    return taken && (() => this.#input.acknowledge(taken.index, taken.run))
  }

  totals(): StreamTotals {
    const { duplicatedSamples: duplicated } = this.#input.status()
    const crc = this.#crc.toString(16).padStart(8, '0')
    const next = this.#next ?? this.#first
    return { first: this.#first, next, ...this.#counts, duplicated, crc32: crc }
  }

  /** What it is, how fast it was measured to be (Hz), and what it amounts to. */
  describe(): object {
    const { dtype, shape, sampleRate, streamType, channelInfo } = this.#input.info
    const { measuredRate } = this.#input.status()
    const known = { ...(channelInfo && { channelInfo }), ...(measuredRate && { measuredRate: measuredRate.hz }) }
    return { dtype, shape, sampleRate, streamType, ...known, ...this.totals() }
  }

  #addJson(channel: number, value: unknown, times: { logTime: bigint; publishTime?: bigint }): void {
    this.#writer.addMessage(channel, json(value), times)
  }
}

import { encodeBinary, FLAGS, type BinaryMessage } from '../protocol/binary.ts'
import type { HistoryMessage, ServerMessage, SignalInfo, SubscribeMessage, ViewStatus } from '../protocol/messages.ts'
import { ProtocolError } from '../protocol/ProtocolError.ts'
import { quantize } from '../protocol/quantize.ts'
import type { Turn, View } from '../server/Viewer.ts'
import type { SignalStore } from './SignalStore.ts'

/** A signal as a viewer node knows it. */
export interface Signal {
  readonly store: SignalStore
  readonly info: SignalInfo
  /** Physical = offset + scale × stored, per channel. */
  readonly scale: readonly number[]
  readonly offset: readonly number[]
}

/** What a view asks its node. */
export interface SignalSource {
  /** Undefined as long as no signal is connected. */
  readonly signal: () => Signal | undefined
  readonly params: () => Readonly<Record<string, unknown>>
  readonly status: () => ViewStatus
}

/** Numbers of the largest picture: the columns of a message times its channels. */
const MAX_NUMBERS = 1 << 23
/** Of gaps and events, told at once to who comes late. */
const MAX_TOLD = 1000
/** ms between two looks at how the stream stands. */
const STATUS_INTERVAL = 1000

type Message = Omit<BinaryMessage, 'id' | 'seq' | 'newest' | 'request' | 'flags'>

/** What one page sees of a signal: lowest and highest values of pixel columns, or samples where they are few. */
export class SignalView implements View {
  readonly #source: SignalSource
  readonly #wish: SubscribeMessage
  /** The page has to be told what it sees. */
  #isNews = true
  /** That the page sees. */
  #told: Signal | undefined
  #epoch = -1
  #isResync = true
  /** The first column, or sample, that the page does not have; counts columns of `#bucket` samples. */
  #cursor = 0
  #bucket = 0
  #gapsTold = 0
  #eventsTold = 0
  #statusAt = -Infinity
  #skipped = 0

  /** @throws {ProtocolError} when the picture would be too large. */
  constructor(source: SignalSource, wish: SubscribeMessage) {
    if (2 * wish.width * wish.channels.length > MAX_NUMBERS) {
      throw new ProtocolError(`subscribe: ${wish.channels.length} channels in ${wish.width} columns are too many`)
    }
    this.#source = source
    this.#wish = wish
    this.#begin(source.signal())
  }

  messages(): readonly ServerMessage[] {
    const signal = this.#source.signal()
    const messages: ServerMessage[] = []
    if (signal !== this.#told || (signal !== undefined && signal.store.epoch !== this.#epoch)) this.#begin(signal)
    if (this.#isNews) messages.push(this.#subscribed())
    this.#isNews = false
    return [...messages, ...(signal === undefined ? [] : this.#notes(signal)), ...this.#status()]
  }

  next({ seq, wider }: Turn): Uint8Array<ArrayBuffer> | undefined {
    const signal = this.#told
    // What the index means has to be told first.
    if (this.#isNews || signal === undefined || signal !== this.#source.signal() || signal.store.epoch !== this.#epoch)
      return undefined
    const newest = signal.store.pyramid.next
    if (newest === undefined) return undefined
    const { width, window } = this.#wish
    const samples = (window * signal.info.sampleRate) / width
    const bucket = this.#bucketFor(signal, samples * wider)
    if (bucket !== this.#bucket) {
      this.#cursor = Math.ceil((this.#cursor * this.#bucket) / bucket)
      this.#bucket = bucket
    }
    const head = this.#headOf(signal, bucket)
    const first = Math.floor((newest - window * signal.info.sampleRate) / bucket)
    const oldest = Math.max(first, this.#oldestOf(signal, bucket), 0)
    let flags = wider > 1 ? FLAGS.reduced : 0
    if (this.#isResync || this.#cursor < oldest) {
      if (!this.#isResync) this.#skipped += (oldest - this.#cursor) * bucket
      flags |= FLAGS.resync
      this.#cursor = oldest
    }
    if (this.#cursor >= head) return undefined
    this.#isResync = false
    const message = this.#read(signal, { bucket, from: this.#cursor, to: head, isRaw: samples < 1 })
    this.#cursor = head
    return encodeBinary({ ...message, flags, id: this.#wish.id, seq, request: 0, newest })
  }

  history({ from, to, width, request }: HistoryMessage, seq: number): Uint8Array<ArrayBuffer> {
    const signal = this.#told
    const base = { flags: FLAGS.history, id: this.#wish.id, seq, request, newest: signal?.store.pyramid.next ?? 0 }
    if (2 * width * this.#wish.channels.length > MAX_NUMBERS || !(to > from))
      throw new ProtocolError('history: too much, or nothing')
    if (signal === undefined || signal.store.pyramid.next === undefined) {
      const channels = this.#wish.channels.length
      return encodeBinary({
        ...base,
        type: 'columns',
        first: from,
        samplesPerColumn: 1,
        columns: 0,
        channels,
        values: new Int16Array(0)
      })
    }
    const samples = (to - from) / width
    const { pyramid, raw } = signal.store
    const isNear = from >= raw.oldest && samples < pyramid.narrowest
    const bucket = isNear
      ? this.#bucketFor(signal, samples)
      : pyramid.widthReaching(from, Math.max(samples, pyramid.narrowest))
    const first = Math.max(Math.floor(from / bucket), this.#oldestOf(signal, bucket), 0)
    const end = Math.min(Math.ceil(to / bucket), this.#headOf(signal, bucket))
    const message = this.#read(signal, { bucket, from: first, to: Math.max(first, end), isRaw: isNear && samples < 1 })
    return encodeBinary({ ...message, ...base })
  }

  resync(): void {
    this.#isResync = true
  }

  #begin(signal: Signal | undefined): void {
    this.#isNews = true
    this.#told = signal
    this.#epoch = signal?.store.epoch ?? -1
    this.#isResync = true
    this.#gapsTold = 0
    this.#eventsTold = 0
    this.#cursor = 0
    this.#bucket =
      signal === undefined
        ? 0
        : this.#bucketFor(signal, (this.#wish.window * signal.info.sampleRate) / this.#wish.width)
  }

  /** Gaps and events that the page has not heard of. */
  #notes({ store: { gaps, events } }: Signal): ServerMessage[] {
    const { id } = this.#wish
    const holes = gaps.since(Math.max(this.#gapsTold, gaps.count - MAX_TOLD))
    const news = events.since(Math.max(this.#eventsTold, events.count - MAX_TOLD))
    this.#gapsTold = gaps.count
    this.#eventsTold = events.count
    const told: ServerMessage[] = holes.map(({ from, to, cause }) => ({ type: 'gap', id, from, to, cause }))
    return news.length === 0 ? told : [...told, { type: 'events', id, events: news }]
  }

  #subscribed(): ServerMessage {
    const signal = this.#told
    const { id, channels } = this.#wish
    const pick = (list: readonly number[] | undefined) => channels.map((channel) => list?.[channel] ?? 0)
    return {
      type: 'subscribed',
      id,
      signal: signal?.info ?? null,
      bucket: this.#bucket,
      scale: pick(signal?.scale),
      offset: pick(signal?.offset),
      params: this.#source.params()
    }
  }

  #status(): ServerMessage[] {
    const now = performance.now()
    if (now - this.#statusAt < STATUS_INTERVAL) return []
    this.#statusAt = now
    const status = this.#source.status()
    return [{ type: 'status', id: this.#wish.id, status: { ...status, skipped: status.skipped + this.#skipped } }]
  }

  /** Samples of the columns for so many samples per pixel. Closer than the pyramid, powers of two of raw samples. */
  #bucketFor({ store: { pyramid } }: Signal, samples: number): number {
    if (samples >= pyramid.narrowest) return pyramid.widthFor(samples)
    return 2 ** Math.max(0, Math.floor(Math.log2(samples)))
  }

  #isRaw({ store: { pyramid } }: Signal, bucket: number): boolean {
    return bucket < pyramid.narrowest
  }

  /** The column after the last complete one. */
  #headOf(signal: Signal, bucket: number): number {
    const { pyramid, raw } = signal.store
    return this.#isRaw(signal, bucket) ? Math.floor(raw.next / bucket) : pyramid.head(bucket)
  }

  #oldestOf(signal: Signal, bucket: number): number {
    const { pyramid, raw } = signal.store
    return Math.ceil((this.#isRaw(signal, bucket) ? raw.oldest : pyramid.oldest(bucket)) / bucket)
  }

  #read(signal: Signal, range: { bucket: number; from: number; to: number; isRaw: boolean }): Message {
    return range.isRaw ? this.#readSamples(signal, range) : this.#readColumns(signal, range)
  }

  #readColumns(signal: Signal, { bucket, from, to }: { bucket: number; from: number; to: number }): Message {
    const { pyramid, raw } = signal.store
    const channels = this.#channelsOf(signal)
    const length = 2 * (to - from) * channels.length
    const values = pyramid.dtype === 'int16' ? new Int16Array(length) : new Float32Array(length)
    const range = { width: bucket, from, to, channels }
    if (this.#isRaw(signal, bucket)) raw.read(range, values, pyramid.nothing)
    else pyramid.read(range, values)
    const base = {
      type: 'columns',
      first: from * bucket,
      samplesPerColumn: bucket,
      columns: to - from,
      channels: channels.length
    } as const
    if (values instanceof Int16Array) return { ...base, values }
    const stored = quantize(values, channels.length)
    // The scale of the stream, and that of the message.
    const scale = stored.scale.map((value, c) => value * signal.scale[channels[c]!]!)
    const offset = stored.offset.map((value, c) => signal.offset[channels[c]!]! + value * signal.scale[channels[c]!]!)
    return { ...base, values: stored.values, scale, offset }
  }

  /** Physical values, sample by sample. */
  #readSamples(signal: Signal, { from, to }: { from: number; to: number }): Message {
    const channels = this.#channelsOf(signal)
    const values = new Float32Array((to - from) * channels.length)
    let k = 0
    for (let index = from; index < to; index++) {
      for (const c of channels) values[k++] = signal.offset[c]! + signal.scale[c]! * signal.store.raw.value(index, c)
    }
    return { type: 'raw', first: from, samplesPerColumn: 1, columns: to - from, channels: channels.length, values }
  }

  /** Those wanted; ones that the signal does not have show its last. */
  #channelsOf({ info }: Signal): readonly number[] {
    return this.#wish.channels.map((channel) => Math.min(channel, info.channels.length - 1))
  }
}

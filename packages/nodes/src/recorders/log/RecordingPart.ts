import { arch, hostname, platform } from 'node:os'
import { basename } from 'node:path'
import type { RecordNote } from '@nodeacq/core'
import type { InputStream } from '@nodeacq/stream'
import type { Attachment } from '../../files/mcap/records.ts'
import { McapWriter } from '../../files/mcap/McapWriter.ts'
import type { PlacedAnnotation } from '../Recording.ts'
import { RecorderError } from '../../files/output/RecorderError.ts'
import { LogFile } from './LogFile.ts'
import { StreamLog, type StreamAccount } from './StreamLog.ts'
import { PROFILE_VERSION, RECORDING_METADATA, TOPIC, type StreamTotals } from './topics.ts'
import { toNanoseconds, utcNow } from './utcNow.ts'

export interface PartOptions {
  readonly inputs: Readonly<Record<string, InputStream>>
  /** Of the whole recording. */
  readonly uuid: string
  /** From 1. */
  readonly part: number
  /** The part before. */
  readonly previous?: RecordingPart | undefined
  readonly attachments: readonly Omit<Attachment, 'logTime'>[]
  /** What a user says of the recording. */
  readonly notes: Readonly<Record<string, string>>
  readonly library: string
}

const SCHEMA = Buffer.from('{"type":"object"}')

/** One file of a recording, from its first byte to its last. */
export class RecordingPart {
  readonly file: LogFile
  readonly streams: ReadonlyMap<string, StreamLog>
  readonly #writer: McapWriter
  readonly #closeChannel: number
  readonly #annotations: number
  readonly #notes: Readonly<Record<RecordNote['kind'], number>>
  /** What is acknowledged once it is in the file. */
  readonly #pending: (() => void)[] = []
  /** What of each stream is in the file. */
  #written: ReadonlyMap<StreamLog, StreamAccount>
  #flushing: Promise<void> | undefined
  #isEnded = false

  private constructor(file: LogFile, writer: McapWriter, { inputs, previous }: PartOptions) {
    this.file = file
    this.#writer = writer
    const schema = (name: string): number => writer.addSchema(`nodeacq.${name}`, 'jsonschema', SCHEMA)
    const schemas = { samples: writer.addSchema('nodeacq.samples', '', Buffer.alloc(0)), event: schema('event') }
    const shared = (topic: string, name: string): number =>
      writer.addChannel({ schemaId: schema(name), topic, encoding: 'json', metadata: {} })
    const channels = { gaps: shared(TOPIC.gaps, 'gap'), clock: shared(TOPIC.clock, 'clock') }
    this.#annotations = shared(TOPIC.annotations, 'annotation')
    this.#notes = { params: shared(TOPIC.params, 'params'), log: shared(TOPIC.log, 'log') }
    this.#closeChannel = shared(TOPIC.close, 'close')
    const context = { writer, schemas, shared: channels }
    this.streams = new Map(
      Object.entries(inputs).map(([name, input]) => [
        name,
        new StreamLog(name, input, { ...context, previous: previous?.streams.get(name) })
      ])
    )
    this.#written = this.#accounts()
  }

  /** Makes the file and puts its beginning on the disk. @throws RecorderError */
  static async create(path: string, options: PartOptions): Promise<RecordingPart> {
    const file = await LogFile.create(path)
    try {
      const writer = new McapWriter(file)
      const logTime = utcNow()
      const facts = {
        profileVersion: String(PROFILE_VERSION),
        uuid: options.uuid,
        part: String(options.part),
        previous: options.previous === undefined ? '' : basename(options.previous.file.path),
        host: hostname(),
        started: new Date(Number(logTime / 1_000_000n)).toISOString(),
        nodeVersion: process.versions.node,
        os: `${platform()} ${arch()}`
      }
      const metadata = [{ name: RECORDING_METADATA, metadata: facts }]
      if (Object.keys(options.notes).length > 0)
        metadata.push({ name: 'nodeacq.notes', metadata: { ...options.notes } as typeof facts })
      const attachments = options.attachments.map((each) => ({ ...each, logTime }))
      await writer.begin({ profile: 'nodeacq', library: options.library, metadata, attachments })
      const part = new RecordingPart(file, writer, options)
      writer.describe(logTime)
      await writer.flush(0)
      await file.sync()
      await file.syncName()
      return part
    } catch (error) {
      await file.close()
      throw error
    }
  }

  get openBytes(): number {
    return this.#writer.openBytes
  }

  /** Writes what was gathered, and acknowledges it. @throws RecorderError; what was gathered is kept, to be tried again */
  async flush(): Promise<void> {
    this.#flushing ??= this.#flush().finally(() => (this.#flushing = undefined))
    await this.#flushing
  }

  async #flush(): Promise<void> {
    // What is taken from here on is of the next chunk.
    const acknowledgements = [...this.streams.values()].map((stream) => stream.takeAcknowledgement())
    this.#pending.push(...acknowledgements.filter((acknowledge) => acknowledge !== undefined))
    const pending = this.#pending.length
    const taken = this.#accounts()
    await this.#writer.flush(this.file.durable)
    this.#written = taken
    for (const acknowledge of this.#pending.splice(0, pending)) acknowledge()
  }

  #accounts(): ReadonlyMap<StreamLog, StreamAccount> {
    return new Map([...this.streams.values()].map((stream) => [stream, stream.account()]))
  }

  /** Takes an annotation; it is in the file with the next `flush`. */
  annotate({ text, time, indexes }: PlacedAnnotation): void {
    const byTopic = Object.entries(indexes).map(([name, index]) => [this.streams.get(name)!.topic, index])
    const value = { text, time: String(toNanoseconds(time)), indexes: Object.fromEntries(byTopic) as object }
    this.#writer.addMessage(this.#annotations, Buffer.from(JSON.stringify(value)), { logTime: utcNow() })
  }

  /** Takes what the graph says; it is in the file with the next `flush`. */
  note({ kind, time, ...note }: RecordNote): void {
    const value = { ...note, time: String(toNanoseconds(time)) }
    this.#writer.addMessage(this.#notes[kind], Buffer.from(JSON.stringify(value)), { logTime: utcNow() })
  }

  totals(): Record<string, StreamTotals> {
    return Object.fromEntries([...this.streams.values()].map((stream) => [stream.topic, stream.totals()]))
  }

  /** What the streams are and what they amount to, by topic. */
  describe(): Record<string, object> {
    return Object.fromEntries([...this.streams.values()].map((stream) => [stream.topic, stream.describe()]))
  }

  /** The newest mark of each clock that is known. */
  clocks(): object[] {
    return [...this.streams.values()].flatMap(({ newestMark }) => newestMark ?? [])
  }

  /**
   * Ends the file, and puts all of it on the disk. Where that is full, what was kept free is used, and what is not in the file
   * yet is left out of it: it was not acknowledged. @throws RecorderError
   */
  async end(reason: string): Promise<void> {
    if (this.#isEnded) return
    this.#isEnded = true
    await this.#flushing?.catch(() => undefined)
    try {
      await this.#writeEnd(reason)
    } catch (error) {
      if (!this.file.hasReserve) throw error
      await this.file.freeReserve()
      this.#writer.discard()
      this.#pending.length = 0
      for (const [stream, account] of this.#written) stream.goBack(account)
      await this.#writeEnd(reason)
    }
    // After a sync that failed another would say nothing.
    if (this.file.syncError !== undefined) return
    await this.file.sync()
    if (!(this.file.durable === this.file.length)) throw new RecorderError(this.file.path, 'its end is not on the disk')
  }

  async #writeEnd(reason: string): Promise<void> {
    for (const stream of this.streams.values()) stream.markEnd()
    const close = { reason, streams: this.totals() }
    this.#writer.addMessage(this.#closeChannel, Buffer.from(JSON.stringify(close)), { logTime: utcNow() })
    await this.#flush()
    await this.#writer.end(this.file.durable)
  }

  /** Safe to call twice; does not end the file. */
  async close(): Promise<void> {
    await this.#flushing?.catch(() => undefined)
    await this.file.close()
  }
}

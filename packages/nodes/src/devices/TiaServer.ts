import { ConfigError, Node, registerNodeType } from '@nodeacq/core'
import { readEvents, type InputStream, type OutputStream } from '@nodeacq/stream'
import { z } from 'zod'
import { requireSignal } from '../dsp/signalInput.ts'
import type { TiaMetaInfo, TiaSignalInfo } from './tia/metaInfo.ts'
import { PacketAssembler } from './tia/PacketAssembler.ts'
import { usualBlockSize } from './tia/packetPace.ts'
import { TiaService } from './tia/server/TiaService.ts'
import { SignalBlocks } from './tia/SignalBlocks.ts'
import { chosenSignalBit, signalTypeOf } from './tia/signalTypes.ts'
import type { TiaBlock } from './tia/TiaPacket.ts'

const config = z.object({
  host: z.string().min(1).default('127.0.0.1').describe('where to listen; default this machine only'),
  port: z.number().int().min(0).max(65_535).default(9000).describe('port; 0 for any free one; default 9000'),
  udpPort: z
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(9001)
    .describe('port that clients of UDP listen on; default 9001'),
  udpAddress: z.string().nullish().describe('where packets of UDP go; default to all of the subnet of a client'),
  insecure: z.boolean().default(false).describe('allow a host beyond loopback: whoever reaches it gets the data'),
  signals: z
    .record(z.string(), z.string())
    .default({})
    .describe('type of each input that has not the name of one: { raw: eeg, trigger: event }'),
  master: z
    .string()
    .nullish()
    .describe('input whose blocks are the pace of packets; default the one of the highest rate'),
  blockSize: z
    .number()
    .int()
    .min(1)
    .max(65_535)
    .nullish()
    .describe('samples of the master in a packet; default about 20 ms, in which every signal has whole samples'),
  subject: z
    .record(z.string(), z.string())
    .default({})
    .describe('what clients are told of the subject: id, firstName, surname …; default nothing')
})

type Config = z.infer<typeof config>

interface Served {
  readonly name: string
  readonly input: InputStream
  readonly info: TiaSignalInfo
  /** Samples of each channel in a packet. */
  readonly perPacket: number
}

/**
 * Serves streams to programs that speak TiA 1.0. An input has the name of a type of TiA, such as `eeg`, or of which `signals` tells
 * the type, and shape `(samples, channels)` of numbers; they go out as float32 in physical units. Inputs of events are signals that
 * come when something happens, with the values of the events.
 *
 * Streams are put together by their indexes, as they began. What is missing of one is NaN; packets in which nothing is there leave out
 * their numbers, by which clients see the loss. A stream that does not come for some seconds is not waited for.
 */
export class TiaServer extends Node<Config> {
  static override readonly description = 'Serves streams to programs that speak TiA 1.0, over TCP and UDP.'
  static override readonly takesAnyInput = true
  static override readonly configSchema = config
  #service: TiaService | undefined
  #served: readonly Served[] = []

  /** The input of that name, made if it is not there yet. */
  override stream(kind: 'input' | 'output', name: string): InputStream | OutputStream {
    if (kind === 'input' && !(name in this.inputs) && (this.state === 'created' || this.state === 'configured'))
      return this.addInput(name, { delivery: 'complete' })
    return super.stream(kind, name)
  }

  /** Where clients connect, once it is initialized. @throws {ConfigError} before */
  get address(): string {
    if (this.#service === undefined) throw new ConfigError(this._subject, ['it listens once it is initialized'])
    return this.#service.address
  }

  protected override async _initialize(): Promise<void> {
    await this.#service?.close()
    this.#service = undefined
    const { host, port, udpPort, udpAddress, insecure, subject } = this.config
    this.#served = this.#plan()
    const sampled = this.#served.filter(({ info }) => info.sampleRate > 0)
    const { sampleRate, blockSize } = sampled[0]!.info
    const meta: TiaMetaInfo = {
      subject,
      master: { sampleRate, blockSize },
      signals: this.#served.map(({ info }) => info)
    }
    this.#service = await TiaService.listen({
      host,
      port,
      udpPort,
      udpAddress: udpAddress ?? undefined,
      insecure,
      meta
    })
    this.log.info(`${this._subject}: serves ${this.#served.map(({ info }) => info.type).join(', ')} at ${this.address}`)
  }

  /** The signals to serve, the master first. @throws {ConfigError} */
  #plan(): Served[] {
    const inputs = Object.entries(this.inputs)
    const rates = inputs.flatMap(([, input]) => (isEvents(input) ? [] : [rateOf(input, this._subject)]))
    if (rates.length === 0) throw new ConfigError(this._subject, ['expected at least one input with a signal'])
    const masterRate = this.#masterRate(Math.max(...rates))
    const masterSize = this.config.blockSize ?? usualBlockSize(masterRate, rates)
    const served = inputs.map(([name, input]) => {
      const sampleRate = isEvents(input) ? 0 : input.info.sampleRate
      const perPacket = (masterSize * sampleRate) / masterRate
      const bit = chosenSignalBit(this.config.signals[name] ?? name, `${this._subject}, input '${name}'`)
      const blockSize = Math.max(1, Math.round(perPacket))
      const channels = isEvents(input) ? ['value'] : labelsOf(input)
      return { name, input, perPacket, info: { bit, type: signalTypeOf(bit), sampleRate, blockSize, channels } }
    })
    const types = new Set(served.map(({ info }) => info.bit))
    if (types.size < served.length) throw new ConfigError(this._subject, ['expected another type for each input'])
    const isMaster = ({ name, info }: Served): boolean => name === this.config.master || info.sampleRate === masterRate
    return served.toSorted((a, b) => Number(isMaster(b)) - Number(isMaster(a)))
  }

  #masterRate(highest: number): number {
    const { master } = this.config
    if (master == null) return highest
    const input = this.inputs[master]
    if (input !== undefined && !isEvents(input)) return input.info.sampleRate
    throw new ConfigError(this._subject, [`master: expected an input with a signal, got '${master}'`])
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const service = this.#service!
    const { sampleRate, blockSize } = service.meta.master
    const events: EventBlocks[] = []
    const signals = new Map<Served, SignalBlocks>()
    for (const served of this.#served) {
      const { info, input, perPacket } = served
      if (info.sampleRate === 0) events.push(new EventBlocks(info.bit, input))
      else
        signals.set(
          served,
          new SignalBlocks({ bit: info.bit, channels: info.channels.length, perPacket, ...scalingOf(input) })
        )
    }
    const assembler = new PacketAssembler([...signals.values()], service, {
      packetRate: sampleRate / blockSize,
      extras: () => events.flatMap((one) => one.take())
    })
    // One input that fails ends the others.
    const failed = new AbortController()
    const until = AbortSignal.any([signal, failed.signal])
    const loops = [
      ...[...signals].map(([{ input }, blocks]) => follow(input, blocks, assembler, until)),
      ...events.map((one) => one.follow(until))
    ]
    for (const loop of loops) loop.catch(() => failed.abort())
    const outcomes = await Promise.allSettled(loops)
    const failure = outcomes.find(({ status }) => status === 'rejected')
    if (failure?.status === 'rejected') throw failure.reason
    assembler.finish()
  }

  /** `clients`, `droppedPackets` (of clients that read too slowly), `refusedRequests`. */
  protected override _counters(): Readonly<Record<string, number>> {
    return { ...this.#service?.counters }
  }

  protected override async _close(): Promise<void> {
    await this.#service?.close()
  }
}
registerNodeType(TiaServer)

/** Samples of a gap that are filled in at once. */
const GAP_PIECE = 4096

/** Brings a signal's chunks into packets. A source that starts again goes on where it was. */
async function follow(
  input: InputStream,
  blocks: SignalBlocks,
  assembler: PacketAssembler,
  signal: AbortSignal
): Promise<void> {
  let run: number | undefined
  /** Index of the stream at which packet 0 begins. */
  let origin = 0
  for await (const chunk of input.chunks({ signal, borrow: true })) {
    const { data, gaps } = chunk
    const start = chunk.index - data.length
    if (chunk.run !== run) {
      run = chunk.run
      origin = (gaps[0]?.from ?? start) - blocks.end
    }
    for (let rest = start - origin - blocks.end; rest > 0; rest -= GAP_PIECE) {
      blocks.skip(Math.min(rest, GAP_PIECE))
      await assembler.came(blocks, signal)
    }
    blocks.push(data)
    await assembler.came(blocks, signal)
  }
  assembler.ended(blocks)
}

/** Events that wait for the next packet: their values, as the samples of a signal. */
class EventBlocks {
  readonly #bit: number
  readonly #input: InputStream
  #values: number[] = []

  constructor(bit: number, input: InputStream) {
    this.#bit = bit
    this.#input = input
  }

  async follow(signal: AbortSignal): Promise<void> {
    for await (const { data } of this.#input.chunks(signal)) {
      for (const { value } of readEvents(data)) this.#values.push(value)
    }
  }

  take(): TiaBlock[] {
    if (this.#values.length === 0) return []
    const data = Float32Array.from(this.#values.splice(0, 65_535))
    return [{ bit: this.#bit, channels: 1, blockSize: data.length, data }]
  }
}

function isEvents({ info }: InputStream): boolean {
  return info.streamType === 'event'
}

function rateOf(input: InputStream, subject: string): number {
  requireSignal(input, subject)
  return input.info.sampleRate
}

function labelsOf({ info }: InputStream): string[] {
  return Array.from({ length: info.shape[1]! }, (_, k) => info.channelInfo?.[k]?.name ?? String(k + 1))
}

function scalingOf({ info }: InputStream): { scale: number[]; offset: number[] } {
  const each = (given: typeof info.scale, fallback: number): number[] =>
    Array.from({ length: info.shape[1]! }, (_, k) => (typeof given === 'object' ? given?.[k] : given) ?? fallback)
  return { scale: each(info.scale, 1), offset: each(info.offset, 0) }
}

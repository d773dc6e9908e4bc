import { ConfigError } from '@nodeacq/core'
import { getLogger } from '@nodeacq/rpc'
import { Pacer } from '../../Pacer.ts'
import type { TiaMetaInfo, TiaSignalInfo } from '../metaInfo.ts'
import { chosenSignalBit, signalTypeOf } from '../signalTypes.ts'
import type { TiaBlock } from '../TiaPacket.ts'
import { TiaService, type TiaServiceCounters, type TiaServiceOptions } from './TiaService.ts'

/** A signal of a `TiaSignalServer`, as pytia's TiASignalConfig. */
export interface TiaSignalConfig<Id = unknown> {
  readonly channels: number
  /** Hz. */
  readonly sampleRate: number
  /** Samples of each channel in a packet. Default 1. */
  readonly blockSize?: number
  /**
   * Gives the next block: `channels × blockSize` numbers, all samples of the first channel first. It is called at the pace of
   * the master, so it must not take long.
   */
  readonly callback: (id: Id) => ArrayLike<number>
  /** Given to the callback. */
  readonly id?: Id
  /** Whether its blocks are the pace of the server. Exactly one signal is; a signal alone is by itself. */
  readonly isMaster?: boolean
  /** Name or flag of the type, another for each signal. Default user1. */
  readonly signalType?: string | number
  /** Label of each channel. Default channel1, channel2 … */
  readonly labels?: readonly string[]
}

export interface TiaSignalServerOptions extends Omit<TiaServiceOptions, 'meta'> {
  readonly signals: readonly TiaSignalConfig[]
  /** What clients are told of the subject: `id`, `firstName`, `surname` … Default nothing. */
  readonly subject?: Readonly<Record<string, string>>
}

interface PolledSignal {
  readonly config: TiaSignalConfig
  readonly info: TiaSignalInfo
}

/**
 * A TiA server that asks functions for its samples, as pytia's TiAServer: once per block of the master signal, as long as a client
 * wants data.
 *
 * ```ts
 * const imu = { channels: 3, sampleRate: 50, callback: () => [Math.random(), Math.random(), Math.random()] }
 * await using server = await TiaSignalServer.start({ port: 9000, signals: [imu] })
 * ```
 */
export class TiaSignalServer implements AsyncDisposable {
  /** Resolves when it ends; rejects when a callback did not give what it should. */
  readonly ended: Promise<void>
  readonly #service: TiaService
  readonly #abort = new AbortController()

  private constructor(service: TiaService, signals: readonly PolledSignal[]) {
    this.#service = service
    this.ended = this.#poll(signals)
    this.ended.catch((error: unknown) => getLogger('nodeacq.TiaSignalServer').error(String(error)))
  }

  /** @throws {ConfigError} signals that do not go together. @throws {DeviceError} when the port is taken. */
  static async start({ signals, subject = {}, ...options }: TiaSignalServerOptions): Promise<TiaSignalServer> {
    const polled = masterFirst(signals).map((config, k) => ({ config, info: infoOf(config, k) }))
    const types = new Set(polled.map(({ info }) => info.bit))
    if (types.size < polled.length) throw new ConfigError('TiA server', ['expected another type for each signal'])
    const { sampleRate, blockSize } = polled[0]!.info
    const meta: TiaMetaInfo = { subject, master: { sampleRate, blockSize }, signals: polled.map(({ info }) => info) }
    return new TiaSignalServer(await TiaService.listen({ ...options, meta }), polled)
  }

  get address(): string {
    return this.#service.address
  }

  get port(): number {
    return this.#service.port
  }

  get clientCount(): number {
    return this.#service.clientCount
  }

  get counters(): TiaServiceCounters {
    return this.#service.counters
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    this.#abort.abort()
    await this.ended.catch(() => {})
    await this.#service.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #poll(signals: readonly PolledSignal[]): Promise<void> {
    const { sampleRate, blockSize } = this.#service.meta.master
    const pacer = new Pacer(this.#abort.signal)
    for (let k = 1; await pacer.until((k * blockSize) / sampleRate); k++) {
      if (this.#service.isWanted) this.#service.send(signals.map(nextBlock))
    }
  }
}

/** pytia lists the master first. */
function masterFirst(signals: readonly TiaSignalConfig[]): TiaSignalConfig[] {
  const [only] = signals
  if (only === undefined) throw new ConfigError('TiA server', ['expected at least one signal'])
  if (signals.length === 1) return [only]
  const masters = signals.filter(({ isMaster }) => isMaster)
  if (masters.length !== 1)
    throw new ConfigError('TiA server', [`expected exactly one signal with isMaster, got ${masters.length}`])
  return signals.toSorted((a, b) => Number(b.isMaster ?? false) - Number(a.isMaster ?? false))
}

function infoOf(
  { channels, sampleRate, blockSize = 1, signalType = 'user1', labels }: TiaSignalConfig,
  k: number
): TiaSignalInfo {
  const bit = chosenSignalBit(signalType, `TiA server, signal ${k}`)
  const type = signalTypeOf(bit)
  const problems = [
    ...(isCount(channels) ? [] : [`channels: expected 1–65535, got ${channels}`]),
    ...(isCount(blockSize) ? [] : [`blockSize: expected 1–65535, got ${blockSize}`]),
    ...(sampleRate > 0 && Number.isFinite(sampleRate) ? [] : [`sampleRate: expected Hz above 0, got ${sampleRate}`]),
    ...(labels === undefined || labels.length === channels
      ? []
      : [`labels: expected ${channels}, got ${labels.length}`])
  ]
  if (problems.length > 0) throw new ConfigError(`TiA server, signal ${k} '${type}'`, problems)
  const names = labels ?? Array.from({ length: channels }, (_, channel) => `channel${channel + 1}`)
  return { bit, type, sampleRate, blockSize, channels: names }
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value > 0 && value <= 0xffff
}

function nextBlock({ config, info: { bit, type, blockSize, channels } }: PolledSignal): TiaBlock {
  const values = config.callback(config.id)
  const expected = channels.length * blockSize
  if (values.length !== expected)
    throw new RangeError(
      `TiA server, signal '${type}': expected ${expected} numbers of its callback, got ${values.length}`
    )
  return { bit, channels: channels.length, blockSize, data: Float32Array.from(values) }
}

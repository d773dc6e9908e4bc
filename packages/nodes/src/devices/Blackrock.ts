import { setTimeout as sleep } from 'node:timers/promises'
import { DeviceError, Node, describeOutput, registerNodeType } from '@nodeacq/core'
import { monotonicNow, type ChannelInfo } from '@nodeacq/stream'
import { z } from 'zod'
import { BackOff } from './BackOff.ts'
import { CerebusFormatError } from './blackrock/CerebusError.ts'
import { gainOf, RUNNING, withFullRate } from './blackrock/cerebusConfig.ts'
import { CerebusLink } from './blackrock/CerebusLink.ts'
import { CerebusCursor, CONFIGURATION, encodeCerebus, PACKET, versionOfAnswer } from './blackrock/cerebusPackets.ts'
import { GroupSamples, SAMPLE_RATE } from './blackrock/GroupSamples.ts'
import { Instrument } from './blackrock/Instrument.ts'

/** An address; Python gives it as bytes. */
const address = (standard: string) =>
  z.preprocess(
    (value) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value),
    z.string().default(standard)
  )
const port = z.number().int().min(0).max(65_535)

const config = z.object({
  aiChannels: z
    .array(z.number().int().positive())
    .min(1)
    .refine((channels) => new Set(channels).size === channels.length, 'expected each channel once')
    .describe('channels of the instrument, counted from 1')
    .meta({ pyacq: 'ai_channels' }),
  connectionType: z
    .enum(['udp', 'default'])
    .default('udp')
    .describe("'udp', which 'default' is too; Central's shared memory needs the vendor's library and is not there")
    .meta({ pyacq: 'connection_type' }),
  instance: z
    .number()
    .int()
    .min(0)
    .max(3)
    .default(0)
    .describe('number of the instrument, 0 to 3, where several send to this address; default 0')
    .meta({ pyacq: 'nInstance' }),
  localHost: address('192.168.137.1')
    .describe("address of this machine in the instrument's network; 0.0.0.0 for all")
    .meta({ pyacq: 'szInIP' }),
  localPort: port
    .default(51_002)
    .describe('port of this machine at which samples come; default 51002')
    .meta({ pyacq: 'nInPort' }),
  instrumentHost: address('192.168.137.128')
    .describe('address of the instrument; default 192.168.137.128')
    .meta({ pyacq: 'szOutIP' }),
  instrumentPort: port.default(51_001).describe('port of the instrument; default 51001').meta({ pyacq: 'nOutPort' }),
  receiveBufferSize: z
    .number()
    .int()
    .positive()
    .default(4096 * 2048)
    .describe('bytes that the socket holds at most; default 8 MiB, as far as the system allows')
    .meta({ pyacq: 'nRecBufSize' }),
  applyConfig: z
    .boolean()
    .default(false)
    .describe('set the channels to 30 kHz without a filter; default off: as Central has set them')
    .meta({ pyacq: 'apply_config' }),
  chunkSize: z.number().int().positive().default(300).describe('samples that are sent together; default 300'),
  timeout: z
    .number()
    .positive()
    .default(5000)
    .describe('ms without an answer, or without samples, after which the instrument is asked again; default 5000')
})

type Config = z.infer<typeof config>

/** Times that the configuration is asked for within `timeout`: answers may be lost. */
const ASKS = 5

/**
 * Neural signal processors of Blackrock (Cerebus, NeuroPort), over UDP, without the vendor's library. Experimental: it was
 * made from public descriptions, and never seen with an instrument.
 *
 * Output `aichannels`: `(samples, channels)` int16 at 30 000 Hz, µV by the gain of each channel. What the instrument's
 * clock skips is declared as a gap. A channel that is not sampled at 30 000 Hz gives zeros, as in pyacq.
 */
export class Blackrock extends Node<Config> {
  static override readonly description = 'Signal processors of Blackrock (Cerebus), over UDP; experimental.'
  static override readonly configSchema = config
  static override readonly outputSpecs = { aichannels: { streamType: 'analogsignal', dtype: 'int16' } } as const
  #instrument = new Instrument()
  #cursor: CerebusCursor | undefined
  #samples: GroupSamples | undefined
  #counts = { reconnects: 0, badPackets: 0 }
  /** Number of an instrument that is not the one that is wanted. */
  #other: number | undefined

  protected override async _configure({ aiChannels }: Config): Promise<void> {
    await describeOutput(this.output, {
      shape: [-1, aiChannels.length],
      sampleRate: SAMPLE_RATE,
      channelCount: aiChannels.length
    })
  }

  protected override async _initialize(): Promise<void> {
    this.#instrument = new Instrument()
    this.#cursor = undefined
    this.#samples = undefined
    using link = await this.#open()
    await this.#learn(link, () => this.#instrument.knows(this.config.aiChannels))
    const { runLevel } = this.#instrument.system!
    if (runLevel !== RUNNING) {
      const reason = `is in run level ${runLevel}, expected ${RUNNING}; start it with Central`
      throw new DeviceError(`${this._subject}: the instrument at ${this.#place} ${reason}`)
    }
    if (this.config.applyConfig) await this.#setFullRate(link)
    this.#requireSamples()
    await describeOutput(this.output, { channelInfo: this.#channelInfo() })
  }

  async #open(): Promise<CerebusLink> {
    try {
      return await CerebusLink.open(this.config)
    } catch (cause) {
      throw new DeviceError(`${this._subject}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    }
  }

  /** Asks, and listens until enough is known. */
  async #learn(link: CerebusLink, isEnough: () => boolean): Promise<void> {
    const { timeout } = this.config
    const limit = AbortSignal.timeout(timeout)
    const asking = setInterval(() => link.ask(this.#cursor?.version), timeout / ASKS)
    link.ask(this.#cursor?.version)
    try {
      for await (const datagram of link.datagrams(limit)) {
        const version = this.#cursor?.version ?? versionOfAnswer(datagram)
        if (version === undefined) continue
        this.#cursor ??= new CerebusCursor(version)
        await this.#read(datagram, this.#cursor)
        if (isEnough()) return
      }
    } finally {
      clearInterval(asking)
    }
    const { processor } = this.#instrument
    const beyond = this.config.aiChannels.find((channel) => processor !== undefined && channel > processor.channelCount)
    if (beyond !== undefined) {
      throw new DeviceError(`${this._subject}: expected channels 1 to ${processor!.channelCount}, got ${beyond}`)
    }
    const heard = this.#cursor === undefined ? 'no answer' : 'no complete answer'
    const other =
      this.#other === undefined ? '' : `; instrument ${this.#other} answers, instance is ${this.config.instance}`
    throw new DeviceError(`${this._subject}: ${heard} from ${this.#place} within ${timeout / 1000} s${other}`)
  }

  async #setFullRate(link: CerebusLink): Promise<void> {
    const { version } = this.#cursor!
    const { aiChannels } = this.config
    const { channelBodies } = this.#instrument
    const header = { time: 1, channel: CONFIGURATION, type: PACKET.setChannelSampling }
    for (const channel of aiChannels) {
      link.send(encodeCerebus(version, header, withFullRate(version, channelBodies.get(channel)!)))
    }
    await this.#learn(link, () =>
      aiChannels.every((channel) => this.#instrument.fullRateGroupOf(channel) !== undefined)
    )
  }

  #requireSamples(): void {
    const { aiChannels } = this.config
    const silent = aiChannels.filter((channel) => this.#instrument.fullRateGroupOf(channel) === undefined)
    if (silent.length === 0) return
    const which = `channels ${silent.join(', ')} are not sampled at ${SAMPLE_RATE} Hz; set them in Central`
    if (silent.length === aiChannels.length) throw new DeviceError(`${this._subject}: ${which}`)
    this.log.warning(`${this._subject}: ${which}; they give zeros`)
  }

  #channelInfo(): ChannelInfo[] {
    return this.config.aiChannels.map((channel) => {
      const { label, scaling } = this.#instrument.channels.get(channel)!
      const scale = gainOf(scaling)
      const physical = scale && {
        unit: scaling.unit,
        gain: scale.gain,
        ...(scale.offset !== 0 && { offset: scale.offset })
      }
      return { name: label, ...physical }
    })
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const { aiChannels, chunkSize } = this.config
    const cursor = this.#cursor!
    const samples = new GroupSamples({
      output: this.output,
      channels: aiChannels,
      chunkSize,
      clockRate: this.#instrument.clockRate,
      clockModulus: cursor.version === '3.11' ? 2 ** 32 : 2 ** 64
    })
    samples.follow(this.#instrument)
    this.#samples = samples
    this.#counts = { reconnects: 0, badPackets: 0 }
    using link = await this.#open()
    const stop = new AbortController()
    const asking = this.#keepAsking(link, samples, AbortSignal.any([signal, stop.signal]))
    try {
      for await (const datagram of link.datagrams(signal)) {
        const sent = this.#read(datagram, cursor)
        if (sent !== undefined) await sent
      }
      await samples.flush()
    } finally {
      stop.abort()
      await asking
    }
  }

  /** Asks at the start, and whenever samples do not come. */
  async #keepAsking(link: CerebusLink, samples: GroupSamples, signal: AbortSignal): Promise<void> {
    const { timeout } = this.config
    const backOff = new BackOff()
    let isDown = false
    let before = -1
    link.ask(this.#cursor?.version)
    while (!signal.aborted) {
      await sleep(timeout, undefined, { signal }).catch(() => {})
      if (signal.aborted) return
      const isFlowing = samples.taken !== before
      before = samples.taken
      if (isFlowing) {
        if (isDown) this.log.info(`${this._subject}: samples come again`)
        isDown = false
        backOff.reset()
        continue
      }
      if (!isDown) {
        this.log.warning(`${this._subject}: no samples from ${this.#place} for ${timeout / 1000} s, asking again`)
      }
      isDown = true
      this.#counts.reconnects += 1
      samples.beginAnew()
      link.ask(this.#cursor?.version)
      await backOff.wait(signal)
    }
  }

  /** Reads the packets of a datagram; a promise where samples are on their way to the output. */
  #read(datagram: Buffer, cursor: CerebusCursor): Promise<void> | undefined {
    const now = monotonicNow() / 1000
    let sent: Promise<void> | undefined
    try {
      for (cursor.open(datagram); cursor.next();) {
        if (cursor.instrument !== this.config.instance) this.#other = cursor.instrument
        else if (cursor.isConfiguration) this.#takeConfiguration(cursor)
        else if (cursor.channel === 0) sent = both(sent, this.#samples?.take(cursor, now))
      }
    } catch (error) {
      if (!(error instanceof CerebusFormatError)) throw error
      this.#counts.badPackets += 1
    }
    return sent
  }

  #takeConfiguration(cursor: CerebusCursor): void {
    if (!this.#instrument.take(cursor) || this.#samples === undefined) return
    this.log.info(`${this._subject}: the instrument samples other channels now`)
    this.#samples.follow(this.#instrument)
  }

  get #place(): string {
    const { instrumentHost, instrumentPort } = this.config
    return `${instrumentHost}:${instrumentPort}`
  }

  /**
   * `duplicates`: samples that came twice or late; `restarts`: times that the clock began anew; `incomplete`: samples of which
   * a group was missing; `reconnects`: times that the instrument was asked again; `badPackets`: datagrams that were cut.
   */
  protected override _counters(): Readonly<Record<string, number>> {
    return { ...this.#samples?.counts, ...this.#counts }
  }
}
registerNodeType(Blackrock)

function both(a: Promise<void> | undefined, b: Promise<void> | undefined): Promise<void> | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Promise.all([a, b]).then(() => {})
}

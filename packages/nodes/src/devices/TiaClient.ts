import { DeviceError, Node, describeOutput, registerNodeType } from '@nodeacq/core'
import { z } from 'zod'
import { BackOff } from './BackOff.ts'
import { BlockOutput } from './tia/BlockOutput.ts'
import { TiaSignalClient } from './tia/client/TiaSignalClient.ts'
import type { TiaMetaInfo, TiaSignalInfo } from './tia/metaInfo.ts'
import { PacketTrack } from './tia/PacketTrack.ts'
import { signalTypeOf } from './tia/signalTypes.ts'
import type { TiaPacket } from './tia/TiaPacket.ts'
import { chosenSignals, customSignalsOf, signalChoice } from './tia/signalChoice.ts'

const config = z.object({
  host: z.string().min(1).default('127.0.0.1').describe('where the server is; default this machine'),
  port: z.number().int().min(1).max(65_535).default(9000).describe('port of its control connection; default 9000'),
  transport: z.enum(['tcp', 'udp']).default('tcp').describe('how data come: to this client, or to all of the subnet'),
  signals: signalChoice
    .default([])
    .describe(
      'types of the signals that are wanted, such as [eeg]; default all. Or what the server is to send of each: ' +
        '{ eeg: { channels: [Fz, 3], downsampling: 2 } }, which not every server can'
    ),
  timeout: z.number().positive().default(5).describe('s to wait for the server; default 5'),
  silence: z.number().min(0).default(5).describe('s without data after which it is connected anew; 0: never; default 5')
})

type Config = z.infer<typeof config>

/**
 * The signals of a TiA 1.0 server, such as TOBI's signal server, pytia or nodeacq: each is an output of the name of its type, such as
 * `eeg`, `(samples, channels)` float32, with the labels of the server. TiA tells no units.
 *
 * Packets that are missing by their number are gaps of the device. A connection that ends, or that makes no sense any more, is made
 * anew, and what was missed is a gap too.
 */
export class TiaClient extends Node<Config> {
  static override readonly description = 'The signals of a TiA 1.0 server, over TCP or UDP.'
  static override readonly makesAnyOutput = true
  static override readonly configSchema = config
  #offered: TiaMetaInfo | undefined
  #wanted: readonly TiaSignalInfo[] = []
  #counts = { reconnects: 0, lostPackets: 0, duplicates: 0, badPackets: 0 }

  protected override async _configure(options: Config): Promise<void> {
    const { client, meta } = await this.#connect(options)
    client.disconnect()
    this.#offered = meta
    this.#wanted = chosenSignals(options.signals, meta, this._subject)
    await this.#makeOutputs()
  }

  async #makeOutputs(): Promise<void> {
    const names = new Set(this.#wanted.map(({ bit }) => signalTypeOf(bit)))
    for (const [name, output] of Object.entries(this.outputs)) {
      if (names.has(name)) continue
      await output.close()
      delete this.outputs[name]
    }
    for (const { bit, sampleRate, channels } of this.#wanted) {
      const name = signalTypeOf(bit)
      const output = this.outputs[name] ?? this.addOutput(name)
      await describeOutput(output, {
        streamType: 'analogsignal',
        dtype: 'float32',
        shape: [-1, channels.length],
        // A signal that comes when something changes has no rate; that of the packets is the highest it can have.
        sampleRate: sampleRate > 0 ? sampleRate : this.#packetRate,
        channelCount: channels.length,
        channelInfo: channels.map((label) => ({ name: label }))
      })
    }
  }

  /** A client that knows what the server offers, after custom signals were asked for. */
  async #connect({ host, port, timeout, signals }: Config): Promise<{
    client: TiaSignalClient
    meta: TiaMetaInfo
  }> {
    const client = new TiaSignalClient({ host, port, timeout: timeout * 1000 })
    try {
      await client.connect()
      await client.cmdCheckProtocolVersion()
      const offered = await client.cmdGetMetaInfo()
      if (Array.isArray(signals)) return { client, meta: offered }
      await client.cmdSetCustomSignalInfo(customSignalsOf(signals, offered, this._subject), offered)
      return { client, meta: await client.cmdGetMetaInfo() }
    } catch (error) {
      client.disconnect()
      throw error
    }
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    this.#counts = { reconnects: 0, lostPackets: 0, duplicates: 0, badPackets: 0 }
    const run: Run = {
      signal,
      track: new PacketTrack(this.#packetRate),
      backOff: new BackOff(),
      outputs: new Map(
        this.#wanted.map(({ bit, channels, blockSize }) => [
          bit,
          new BlockOutput(this.outputs[signalTypeOf(bit)]!, channels.length, blockSize)
        ])
      )
    }
    let isDown = false
    while (!signal.aborted) {
      try {
        await this.#stream(run, () => {
          if (isDown) this.log.info(`${this._subject}: data come again`)
          isDown = false
        })
      } catch (error) {
        if (signal.aborted) return
        if (!(error instanceof DeviceError) || error instanceof OtherSignalsError) throw error
        if (!isDown) this.log.warning(`${this._subject}: ${error.message}; trying again`)
        isDown = true
        run.track.beginAnew()
        this.#counts.reconnects += 1
        await run.backOff.wait(signal)
      }
    }
  }

  /** One connection, until the signal aborts. @throws {DeviceError} when it ends */
  async #stream({ signal, track, backOff, outputs }: Run, onData: () => void): Promise<void> {
    const { config } = this
    const { client, meta } = await this.#connect(config)
    const stop = (): void => client.disconnect()
    signal.addEventListener('abort', stop, { once: true })
    try {
      this.#requireSame(meta)
      client.silence = this.#silence * 1000
      if (config.transport === 'tcp') {
        await client.startStreamingDataTcp(config.host, await client.cmdGetDataConnectionTcp())
      } else {
        await client.startStreamingDataUdp(await client.cmdGetDataConnectionUdp())
      }
      while (!signal.aborted) {
        const packets = await client.getData()
        const time = performance.now() / 1000
        if (packets.length > 0) {
          backOff.reset()
          onData()
        }
        for (const packet of packets) await this.#take(packet, time, track, outputs)
      }
    } finally {
      signal.removeEventListener('abort', stop)
      this.#counts.badPackets += client.badPackets
      client.disconnect()
    }
  }

  async #take(packet: TiaPacket, time: number, track: PacketTrack, outputs: Run['outputs']): Promise<void> {
    const lost = track.lostBefore(packet, time)
    this.#counts.duplicates = track.duplicates
    if (lost === undefined) return
    if (lost > 0) {
      this.#counts.lostPackets += lost
      for (const output of outputs.values()) output.lose(lost)
    }
    for (const [bit, output] of outputs) await output.send(packet.blocks.find((block) => block.bit === bit))
  }

  /** A server that offers something else than when the outputs were made cannot be gone on with. */
  #requireSame({ signals }: TiaMetaInfo): void {
    for (const { bit, channels, sampleRate } of this.#wanted) {
      const now = signals.find((one) => one.bit === bit)
      if (now?.channels.length === channels.length && now.sampleRate === sampleRate) continue
      const got = now ? `${now.channels.length} channels at ${now.sampleRate} Hz` : 'none'
      throw new OtherSignalsError(
        `${this._subject}: signal '${signalTypeOf(bit)}': expected ${channels.length} channels at ${sampleRate} Hz, got ${got}; configure again`
      )
    }
  }

  /** s without data that are too long: slow packets may take their time. */
  get #silence(): number {
    const rate = this.#packetRate
    const { silence } = this.config
    return rate > 0 && silence > 0 ? Math.max(silence, 3 / rate) : 0
  }

  /** Packets in a second, as the server announced. */
  get #packetRate(): number {
    const { sampleRate, blockSize } = this.#offered!.master
    return sampleRate / blockSize
  }

  /**
   * `reconnects`: times that the connection was made anew; `lostPackets`; `duplicates`: packets that came twice or late;
   * `badPackets`: datagrams that were none.
   */
  protected override _counters(): Readonly<Record<string, number>> {
    return this.#counts
  }
}
registerNodeType(TiaClient)

interface Run {
  readonly signal: AbortSignal
  readonly track: PacketTrack
  readonly backOff: BackOff
  /** By the bit of the signal's type. */
  readonly outputs: ReadonlyMap<number, BlockOutput>
}

/** Trying again would not help. */
class OtherSignalsError extends DeviceError {}

import { DeviceError, Node, describeOutput, registerNodeType } from '@nodeacq/core'
import { z } from 'zod'
import { ArrivalTrack } from './ArrivalTrack.ts'
import { keepStreaming } from './keepStreaming.ts'
import { LostWatch } from './LostWatch.ts'
import {
  emptyGanglionPacket,
  GANGLION_CHANNELS,
  GANGLION_COUNTER,
  GANGLION_G,
  GANGLION_MICROVOLTS,
  GANGLION_RATE,
  GANGLION_SAMPLES,
  readGanglionPacket
} from './openbci/ganglionPackets.ts'
import { ganglionTransport, type GanglionLink } from './openbci/ganglionTransports.ts'
import { SampleGatherer } from './SampleGatherer.ts'
import { SampleQueue } from './SampleQueue.ts'

const config = z.object({
  transport: z.string().default('ble').describe("name that registerGanglionTransport was given; default 'ble'"),
  address: z.string().default('').describe('address of the board, as the transport takes it; default any board'),
  units: z
    .enum(['physical', 'digital'])
    .default('digital')
    .describe("'digital': counts, int32; 'physical': float32, µV and g; default 'digital'"),
  chunkSize: z.number().int().positive().default(10).describe('samples that are sent together; default 10'),
  timeout: z
    .number()
    .int()
    .positive()
    .default(5000)
    .describe('ms without a packet after which the board is connected again; default 5000')
})

type Config = z.infer<typeof config>

/** Channels of an impedance test: 1–4 and the reference. */
const IMPEDANCES = 5

interface Packet {
  readonly index: number
  readonly counts: Int32Array
  readonly acceleration: readonly number[]
}

/**
 * An OpenBCI Ganglion, firmware 3, over a transport that a program registers.
 *
 * Outputs `chan` `(samples, 4)` and `aux` `(samples, 3)`, acceleration, at 200 Hz; `impedances` `(samples, 5)`, kΩ, one sample for
 * each value that a test gives, NaN for what was not told yet. Lost packets are gaps of two samples each.
 */
export class OpenBciGanglion extends Node<Config> {
  static override readonly description = 'An OpenBCI Ganglion over a transport that a program registers.'
  static override readonly configSchema = config
  static override readonly outputSpecs = {
    chan: { streamType: 'analogsignal' },
    aux: { streamType: 'analogsignal' },
    impedances: { streamType: 'analogsignal', dtype: 'float32', shape: [-1, IMPEDANCES], sampleRate: 1 }
  }
  #link: GanglionLink | undefined
  #watch = new LostWatch(0)
  #onPacket: (bytes: Uint8Array) => void = () => {}
  #counts = { duplicates: 0, restarts: 0 }
  #badPackets = 0
  #reconnects = 0

  protected override async _configure(options: Config): Promise<void> {
    await this.#disconnect()
    this.#watch = new LostWatch(options.timeout)
    await this.#connect(options)
    const isPhysical = options.units === 'physical'
    const dtype = isPhysical ? 'float32' : 'int32'
    const scaleOf = (gain: number) => (isPhysical ? {} : { gain })
    await describeOutput(this.outputs['chan']!, {
      dtype,
      shape: [-1, GANGLION_CHANNELS],
      sampleRate: GANGLION_RATE,
      channelCount: GANGLION_CHANNELS,
      channelInfo: Array.from({ length: GANGLION_CHANNELS }, (_, k) => ({
        name: `ch${k}`,
        unit: 'uV',
        ...scaleOf(GANGLION_MICROVOLTS)
      })),
      ...(isPhysical && { units: 'uV' })
    })
    await describeOutput(this.outputs['aux']!, {
      dtype,
      shape: [-1, 3],
      sampleRate: GANGLION_RATE,
      channelCount: 3,
      channelInfo: ['x', 'y', 'z'].map((name) => ({ name, unit: 'g', ...scaleOf(GANGLION_G) }))
    })
  }

  async #connect({ transport, address }: Config): Promise<void> {
    this.#link = await ganglionTransport(transport, this._subject)(address, {
      onPacket: (bytes) => {
        this.#watch.heard()
        this.#onPacket(bytes)
      },
      onLost: (reason) => {
        this.#link = undefined
        this.#watch.lose(reason)
      }
    })
  }

  async #disconnect(): Promise<void> {
    const link = this.#link
    this.#link = undefined
    await link?.close()
  }

  /** Begins to measure impedances, one channel after the other; samples do not come meanwhile. @throws {DeviceError} */
  async startImpedance(): Promise<void> {
    await this.sendCommand('z')
  }

  async stopImpedance(): Promise<void> {
    await this.sendCommand('Z')
  }

  /** @param channel 1–4. @throws {DeviceError} */
  async switchChannel(channel: number, isOn: boolean): Promise<void> {
    const command = (isOn ? '!@#$' : '1234')[channel - 1]
    if (command === undefined) throw new RangeError(`${this._subject}: channel: expected 1–4, got ${channel}`)
    await this.sendCommand(command)
  }

  /** Any command of the board. @throws {DeviceError} while it is not connected. */
  async sendCommand(command: string): Promise<void> {
    if (this.#link === undefined) throw new DeviceError(`${this._subject}: not connected`)
    await this.#link.send(command)
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const { units, chunkSize, transport } = this.config
    this.#badPackets = this.#reconnects = 0
    const isPhysical = units === 'physical'
    const dtype = isPhysical ? 'float32' : 'int32'
    const signals = new SampleGatherer(this.outputs['chan']!, { channels: GANGLION_CHANNELS, dtype, chunkSize })
    const aux = new SampleGatherer(this.outputs['aux']!, { channels: 3, dtype, chunkSize })
    const kiloohms = new SampleGatherer(this.outputs['impedances']!, {
      channels: IMPEDANCES,
      dtype: 'float32',
      chunkSize: 1
    })
    const queue = new SampleQueue<Packet | readonly number[]>(async (item) => {
      if (!('counts' in item)) {
        await kiloohms.push(kiloohms.end, item)
        return
      }
      for (let k = 0; k < GANGLION_SAMPLES; k++) {
        const index = item.index * GANGLION_SAMPLES + k
        const counts = item.counts.subarray(k * GANGLION_CHANNELS, (k + 1) * GANGLION_CHANNELS)
        await signals.push(
          index,
          isPhysical ? Float32Array.from(counts, (count) => count * GANGLION_MICROVOLTS) : counts
        )
        await aux.push(index, isPhysical ? item.acceleration.map((count) => count * GANGLION_G) : item.acceleration)
      }
    })
    queue.onFailure = (error) => this.#watch.fail(error)
    const options = { rate: GANGLION_RATE / GANGLION_SAMPLES, modulus: GANGLION_COUNTER }
    const track = new ArrivalTrack<Omit<Packet, 'index'>>(options, (index, packet) => queue.add({ index, ...packet }))
    this.#counts = track.counts
    const packet = emptyGanglionPacket()
    const acceleration = [0, 0, 0]
    const impedances = Array.from({ length: IMPEDANCES }, () => NaN)
    this.#onPacket = (bytes) => {
      readGanglionPacket(bytes, packet)
      if (packet.kind === 'samples') {
        if (packet.axis >= 0) acceleration[packet.axis] = packet.acceleration
        const held = { counts: packet.counts.slice(), acceleration: [...acceleration] }
        track.take(packet.number, performance.now() / 1000, held)
      } else if (packet.kind === 'impedance') {
        impedances[packet.channel - 1] = packet.impedance
        queue.add([...impedances])
      } else if (packet.kind === 'unknown') this.#badPackets += 1
    }
    try {
      await keepStreaming(
        {
          subject: this._subject,
          address: `the board at transport '${transport}'`,
          log: this.log,
          watch: this.#watch,
          start: async () => {
            if (this.#link === undefined) await this.#connect(this.config)
            track.beginAnew()
            await this.sendCommand('b')
          },
          disconnect: () => this.#disconnect(),
          onRetry: () => (this.#reconnects += 1)
        },
        signal
      )
    } finally {
      await this.#link?.send('s').catch(() => {})
      this.#onPacket = () => {}
      track.finish()
      await queue.drained()
      for (const gatherer of [signals, aux, kiloohms]) await gatherer.flush()
    }
  }

  /** `badPackets`: notifications that are none of the board's; `duplicates`; `restarts`; `reconnects`. */
  protected override _counters(): Readonly<Record<string, number>> {
    return { ...this.#counts, badPackets: this.#badPackets, reconnects: this.#reconnects }
  }

  protected override async _close(): Promise<void> {
    await this.#disconnect()
  }
}
registerNodeType(OpenBciGanglion)

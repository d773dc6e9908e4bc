import { on } from 'node:events'
import { DeviceError, Node, registerNodeType } from '@nodeacq/core'
import { EVENT_DTYPE } from '@nodeacq/stream'
import { z } from 'zod'
import { BackOff } from './BackOff.ts'
import { Mw75Client } from './mw75/Mw75Client.ts'
import { Mw75Error, SHARED_CODES } from './mw75/Mw75Error.ts'
import { Mw75Signal } from './mw75/Mw75Signal.ts'
import { toLogLevel, type Mw75LogLevel, type Mw75Message } from './mw75/messages.ts'
import { CHANNEL_COUNT, SAMPLE_RATE } from './mw75/packets.ts'
import { SilenceWatch } from './mw75/SilenceWatch.ts'

const config = z.object({
  url: z.string().default('ws://localhost:8080').describe('of the MW75 server; default ws://localhost:8080'),
  reconnect: z
    .boolean()
    .default(true)
    .describe('try again, for ever, when headset or server is lost (default); else the node fails'),
  timeout: z
    .number()
    .positive()
    .default(5000)
    .describe('ms without an answer, or without samples, after which it connects again; default 5000'),
  chunkSize: z.number().int().positive().default(10).describe('samples that are sent together; default 10'),
  logLevel: z
    .enum(['debug', 'info', 'warning', 'error'])
    .default('warning')
    .describe("from which level on the server's log is logged here; default warning")
})

type Config = z.infer<typeof config>
type StateMessage = Extract<Mw75Message, { readonly type: 'state' }>

const CHANNELS = Array.from({ length: CHANNEL_COUNT }, (_, k) => ({ name: `Ch${k + 1}`, unit: 'uV' }))

/**
 * MW75 Neuro headphones, through an MW75 server: ours (`nodeacq serve mw75`) or the original's.
 *
 * Output `eeg`: `(samples, 12)` float64 in µV, 500 Hz. Output `reference`: `(samples, 2)` float64, REF and DRL as the device
 * sends them. Output `events`, counted in samples of `eeg`: the battery in percent, the device's status flags, and the states
 * of the server, each when it changes. What the counter misses is declared as gaps; the server's times are the device's clock.
 * When headset or server is lost it connects again, and what was missed is a gap too.
 */
export class Mw75 extends Node<Config> {
  static override readonly description = 'MW75 Neuro headphones, through their WebSocket server: 12 channels at 500 Hz.'
  static override readonly configSchema = config
  static override readonly outputSpecs = {
    eeg: {
      streamType: 'analogsignal',
      dtype: 'float64',
      shape: [-1, CHANNEL_COUNT],
      sampleRate: SAMPLE_RATE,
      channelCount: CHANNEL_COUNT,
      units: 'uV',
      channelInfo: CHANNELS
    },
    reference: {
      streamType: 'analogsignal',
      dtype: 'float64',
      shape: [-1, 2],
      sampleRate: SAMPLE_RATE,
      channelCount: 2,
      channelInfo: [{ name: 'REF' }, { name: 'DRL' }]
    },
    events: {
      streamType: 'event',
      dtype: EVENT_DTYPE,
      shape: [-1],
      eventsOf: 'eeg',
      sampleRate: SAMPLE_RATE
    }
  } as const
  #signal: Mw75Signal | undefined
  #counts = { reconnects: 0, badMessages: 0 }
  /** Whether an outage was logged. */
  #isDown = false

  protected override async _run(signal: AbortSignal): Promise<void> {
    const { url, reconnect, chunkSize } = this.config
    const { eeg, reference, events } = this.outputs as Required<typeof this.outputs>
    const mw75 = new Mw75Signal({ eeg: eeg!, reference: reference!, events: events! }, chunkSize)
    this.#signal = mw75
    this.#counts = { reconnects: 0, badMessages: 0 }
    this.#isDown = false
    const backOff = new BackOff()
    while (!signal.aborted) {
      try {
        await this.#session(mw75, backOff, signal)
      } catch (error) {
        if (signal.aborted) break
        if (!(error instanceof DeviceError)) throw error
        await mw75.finish()
        if (!reconnect) throw new DeviceError(`${this._subject}: ${error.message}`, { cause: error })
        this.#tellLoss(`no data from ${url}: ${error.message}`)
        this.#counts.reconnects += 1
        await backOff.wait(signal)
      }
    }
    await mw75.finish()
  }

  /** Lasts as long as one connection. @throws {DeviceError} why it ended. */
  async #session(mw75: Mw75Signal, backOff: BackOff, signal: AbortSignal): Promise<never> {
    const { url, timeout } = this.config
    const badBefore = this.#counts.badMessages
    await using client = await Mw75Client.open(url, { timeout, signal })
    using watch = new SilenceWatch(timeout, () => client.drop(`no samples for ${timeout} ms`))
    const messages = on(client, 'message', { signal, close: ['end'], highWaterMark: 4096, lowWaterMark: 64 })
    mw75.beginAnew()
    try {
      await this.#connectHeadset(client)
      for await (const [message, arrival] of messages as AsyncIterable<[Mw75Message, number]>) {
        this.#counts.badMessages = badBefore + client.badMessages
        if (message.type === 'eeg_data') {
          watch.note()
          if (this.#isDown) this.log.info(`${this._subject}: data come again`)
          this.#isDown = false
          backOff.reset()
          await mw75.take(message.sample, arrival)
        } else if (message.type === 'state') {
          watch.isOn = message.state === 'connected'
          await this.#enterState(message, client, mw75)
        } else {
          await this.#hear(message, mw75)
        }
      }
      throw new DeviceError(client.reason)
    } finally {
      await messages.return?.()
      if (client.isConnected) await client.disconnectHeadset().catch(() => {})
    }
  }

  /** Another client may have connected it, or have control of it: then its samples come here too. */
  async #connectHeadset(client: Mw75Client): Promise<void> {
    const { reconnect, logLevel } = this.config
    try {
      await client.connectHeadset({ autoReconnect: reconnect, logLevel: logLevel.toUpperCase() as Mw75LogLevel })
    } catch (error) {
      if (!(error instanceof Mw75Error) || !SHARED_CODES.includes(error.mw75Code)) throw error
    }
  }

  async #enterState({ state, text, batteryLevel }: StateMessage, client: Mw75Client, mw75: Mw75Signal): Promise<void> {
    if (batteryLevel !== null) await mw75.note('battery', batteryLevel)
    if (await mw75.enter(state)) {
      if (state === 'connected') mw75.beginAnew()
      if (state === 'disconnected') this.#lose(text)
    }
    if (text.includes('control released')) await this.#connectHeadset(client)
  }

  async #hear(message: Mw75Message, mw75: Mw75Signal): Promise<void> {
    if (message.type === 'heartbeat') {
      if (message.batteryLevel !== null) await mw75.note('battery', message.batteryLevel)
    } else if (message.type === 'log') {
      this.log[toLogLevel(message.level)](`server: ${message.text}`)
    } else if (message.type === 'error') {
      const reason = `${message.text} (${message.code})`
      if (message.code === 'RECONNECT_EXHAUSTED') throw new DeviceError(reason)
      this.#lose(reason)
    }
  }

  /** The server has no headset; it tries again if it was asked to. */
  #lose(reason: string): void {
    if (!this.config.reconnect) throw new DeviceError(reason)
    this.#tellLoss(reason)
  }

  /** Once for each outage. */
  #tellLoss(reason: string): void {
    if (!this.#isDown) this.log.warning(`${this._subject}: ${reason}; trying again`)
    this.#isDown = true
  }

  /**
   * `duplicates`: samples that came twice; `restarts`: counters that began anew; `badMessages`: frames that were no
   * messages; `reconnects`: connections to the server that were lost or refused.
   */
  protected override _counters(): Readonly<Record<string, number>> {
    return { ...this.#counts, ...this.#signal?.counts }
  }
}
registerNodeType(Mw75)

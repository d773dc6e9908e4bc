import { ConfigError, DeviceError, Node, describeOutput, registerNodeType } from '@nodeacq/core'
import { z } from 'zod'
import { keepStreaming } from './keepStreaming.ts'
import { LostWatch } from './LostWatch.ts'
import { CytonBoard } from './openbci/CytonBoard.ts'
import {
  CYTON_GAINS,
  CYTON_INPUTS,
  CYTON_MODES,
  leadOffCommand,
  modeCommand,
  SD_FILES,
  TEST_SIGNALS,
  type ChannelSettings
} from './openbci/cytonCommands.ts'
import { CYTON_CHANNELS, CYTON_G, CYTON_RATE, cytonMicrovolts } from './openbci/cytonPackets.ts'
import { CytonReceiver, type CytonCounts } from './openbci/CytonReceiver.ts'
import { CytonSender } from './openbci/CytonSender.ts'

const channelSettings = z
  .strictObject({
    isOn: z.boolean(),
    gain: z.literal(CYTON_GAINS),
    input: z.enum(CYTON_INPUTS),
    bias: z.boolean(),
    srb2: z.boolean(),
    srb1: z.boolean()
  })
  .partial()

const config = z.object({
  port: z
    .string()
    .default('/dev/ttyUSB0')
    .describe("serial port of the dongle: /dev/ttyUSB0, /dev/cu.usbserial-DN0096XA, COM3; default '/dev/ttyUSB0'")
    .meta({ pyacq: 'device_handle' }),
  channelCount: z
    .literal([8, 16])
    .nullish()
    .describe('8, or 16 with a Daisy; default what the board says that it has')
    .meta({ pyacq: 'nb_channel' }),
  units: z
    .enum(['physical', 'digital'])
    .default('digital')
    .describe("'digital': counts as pyacq has them, int32; 'physical': float32, µV and g; default 'digital'"),
  channels: z
    .record(z.string().regex(/^\d+$/), channelSettings)
    .nullish()
    .describe(
      'settings of channels by their number from 1: isOn, gain, input, bias, srb2, srb1; default those of the board'
    ),
  boardMode: z
    .enum(CYTON_MODES)
    .default('default')
    .describe(
      "what 'aux' holds: 'default' acceleration, 'analog' A5 A6 A7, 'digital' pins, 'marker'; default 'default'"
    ),
  timeStamps: z.boolean().default(false).describe("the board's time comes with the samples; default off"),
  chunkSize: z.number().int().positive().default(10).describe('samples that are sent together; default 10'),
  timeout: z
    .number()
    .int()
    .positive()
    .default(5000)
    .describe('ms that the board has for a reply, and between samples before it is reset; default 5000')
})

type Config = z.infer<typeof config>

const NO_COUNTS: CytonCounts = { badPackets: 0, halfSamples: 0, duplicates: 0, restarts: 0 }

/**
 * An OpenBCI Cyton, with or without Daisy, at its dongle.
 *
 * Output `chan`: `(samples, 8 or 16)` at 250 Hz, with a Daisy 125 Hz; `aux`: `(samples, 3)`, acceleration or auxiliary
 * values. What the counter of the board misses, and what was missed while it was away, is a gap. The port is opened anew
 * when it is gone or silent, and the board gets its settings again.
 *
 * As pyacq/devices/eeg_openBCI.py, except: counts are 32 bits; 0x7F at the front of a count is not negative; wrong packets
 * are gaps rather than zeros; all formats of auxiliary bytes are known; between values of the accelerometer the newest
 * counts rather than 0.
 */
export class OpenBci extends Node<Config> {
  static override readonly description = 'An OpenBCI Cyton, also with Daisy, at its dongle: EEG and acceleration.'
  static override readonly configSchema = config
  static override readonly outputSpecs = {
    chan: { streamType: 'analogsignal' },
    aux: { streamType: 'analogsignal' }
  }
  #board: CytonBoard | undefined
  #receiver: CytonReceiver | undefined
  #hasDaisy = false
  #isTaking = false
  #reconnects = 0
  #watch = new LostWatch(0)

  protected override async _configure(options: Config): Promise<void> {
    await this.#board?.disconnect()
    const { port, timeout, channels, boardMode, timeStamps, channelCount } = options
    this.#watch = new LostWatch(timeout)
    const board = new CytonBoard({
      port,
      timeout,
      onStream: (bytes) => this.#receive(bytes),
      onLost: (reason) => this.#watch.lose(reason),
      onStart: () => this.#receiver?.beginAnew()
    })
    board.settings.mode = boardMode
    board.settings.timeStamps = timeStamps
    board.settings.withoutDaisy = channelCount === 8
    for (const [key, change] of Object.entries(channels ?? {})) {
      const channel = this.#checkChannel(Number(key), channelCount ?? 2 * CYTON_CHANNELS)
      board.settings.channels.set(channel, { ...board.channelSettings(channel), ...given(change) })
    }
    await board.connect()
    this.#board = board
    this.#hasDaisy = board.link.hasDaisy && channelCount !== 8
    if (channelCount === 16 && !this.#hasDaisy) {
      await board.disconnect()
      throw new DeviceError(`${this._subject}: expected 16 channels, but the board at ${port} has no Daisy`)
    }
    await this.#describeOutputs(options)
  }

  async #describeOutputs({ units, boardMode }: Config): Promise<void> {
    const count = this.#hasDaisy ? 2 * CYTON_CHANNELS : CYTON_CHANNELS
    const sampleRate = this.#hasDaisy ? CYTON_RATE / 2 : CYTON_RATE
    const isPhysical = units === 'physical'
    const dtype = isPhysical ? 'float32' : 'int32'
    const scaleOf = (scale: number) => (isPhysical ? {} : { gain: scale })
    const auxUnit = boardMode === 'default' ? { unit: 'g', ...scaleOf(CYTON_G) } : {}
    const board = this.#connected
    await describeOutput(this.outputs['chan']!, {
      dtype,
      shape: [-1, count],
      sampleRate,
      channelCount: count,
      channelInfo: Array.from({ length: count }, (_, k) => ({
        name: `ch${k}`,
        unit: 'uV',
        ...scaleOf(cytonMicrovolts(board.channelSettings(k + 1).gain))
      })),
      ...(isPhysical && { units: 'uV' })
    })
    await describeOutput(this.outputs['aux']!, {
      dtype,
      shape: [-1, 3],
      sampleRate,
      channelCount: 3,
      channelInfo: Array.from({ length: 3 }, (_, k) => ({ name: `aux${k}`, ...auxUnit }))
    })
  }

  /** Changes settings of a channel, from 1; gives all of them. What it has to do while it runs costs a gap. @throws {DeviceError} */
  async setChannel(channel: number, change: Partial<ChannelSettings>): Promise<Readonly<ChannelSettings>> {
    this.#checkChannel(channel)
    const parsed = channelSettings.safeParse(change)
    if (!parsed.success) {
      throw new ConfigError(
        `${this._subject}, channel ${channel}`,
        parsed.error.issues.map(({ path, message }) => `'${path.join('.')}': ${message}`)
      )
    }
    return await this.#connected.setChannel(channel, given(parsed.data))
  }

  /** @param channel from 1. @throws {DeviceError} */
  async switchChannel(channel: number, isOn: boolean): Promise<Readonly<ChannelSettings>> {
    return await this.setChannel(channel, { isOn })
  }

  /** Gives every channel the settings it has after a reset. @throws {DeviceError} */
  async resetChannels(): Promise<void> {
    await this.#connected.resetChannels()
  }

  /**
   * Injects the test current, 6 nA at 31.2 Hz, from which the impedance of an electrode follows: |Z| is the amplitude at
   * 31.2 Hz over 6 nA, less the 2.2 kΩ on the board. @param channel from 1. @throws {DeviceError}
   */
  async setLeadOff(channel: number, { p = false, n = false }: { p?: boolean; n?: boolean } = {}): Promise<void> {
    this.#checkChannel(channel)
    const { settings } = this.#connected
    await this.#connected.ask(leadOffCommand(channel, { p, n }), () => settings.leadOff.set(channel, { p, n }))
  }

  /** Connects every channel to a signal of the board itself, until the channels are reset. @throws {DeviceError} */
  async setTestSignal(signal: keyof typeof TEST_SIGNALS): Promise<void> {
    this.#checkWord('test signal', signal, TEST_SIGNALS)
    await this.#connected.ask(TEST_SIGNALS[signal])
  }

  /** What `aux` holds from now on. @throws {DeviceError} */
  async setBoardMode(mode: (typeof CYTON_MODES)[number]): Promise<void> {
    this.#checkWord('board mode', mode, Object.fromEntries(CYTON_MODES.map((each) => [each, each])))
    const { settings } = this.#connected
    await this.#connected.ask(modeCommand(mode), () => (settings.mode = mode))
  }

  /** In board mode `marker` the value, 1–127, comes with the next sample in `aux`. @throws {DeviceError} */
  async insertMarker(value: number): Promise<void> {
    if (!Number.isInteger(value) || value < 1 || value > 127) {
      throw new ConfigError(this._subject, [`marker: expected 1–127, got ${value}`])
    }
    await this.#connected.link.send(`\`${String.fromCharCode(value)}`)
  }

  /** Begins a file on the SD card of the board. @throws {DeviceError} */
  async startSdFile(length: keyof typeof SD_FILES): Promise<string> {
    this.#checkWord('length of a file', length, SD_FILES)
    return await this.#connected.ask(SD_FILES[length])
  }

  async stopSdFile(): Promise<string> {
    return await this.#connected.ask('j')
  }

  /** What the board says of its registers. @throws {DeviceError} */
  async readRegisters(): Promise<string> {
    return await this.#connected.ask('?')
  }

  /** Version of the board's firmware. @throws {DeviceError} */
  async readVersion(): Promise<string> {
    return (await this.#connected.ask('V')).trim()
  }

  /** What the dongle says of its radio. @throws {DeviceError} */
  async readRadio(): Promise<string> {
    return (await this.#connected.ask('\xf0\x07')).trim()
  }

  /** Any command that has a reply; the reply without its `$$$`. @throws {DeviceError} */
  async sendCommand(command: string): Promise<string> {
    return await this.#connected.ask(command)
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const board = this.#connected
    const { units, chunkSize } = this.config
    this.#reconnects = 0
    const sender = new CytonSender(
      { chan: this.outputs['chan']!, aux: this.outputs['aux']! },
      {
        isPhysical: units === 'physical',
        chunkSize,
        microvolts: (channel) => cytonMicrovolts(board.channelSettings(channel).gain),
        auxScale: () => (board.settings.mode === 'default' ? CYTON_G : 1)
      }
    )
    const receiver = new CytonReceiver(this.#hasDaisy, (index, sample) => sender.add({ index, sample }))
    sender.onFailure = (error) => this.#watch.fail(error)
    sender.onSent = (sample) => receiver.recycle(sample)
    this.#receiver = receiver
    this.#isTaking = true
    try {
      await keepStreaming(
        {
          subject: this._subject,
          address: this.config.port,
          log: this.log,
          watch: this.#watch,
          start: async () => {
            if (!board.isConnected) await board.connect()
            await board.start()
          },
          disconnect: () => board.disconnect(),
          onRetry: () => (this.#reconnects += 1)
        },
        signal
      )
    } finally {
      await board.stop().catch(() => {})
      this.#isTaking = false
      receiver.finish()
      await sender.finish()
    }
  }

  #receive(bytes: Uint8Array): void {
    this.#watch.heard()
    if (this.#isTaking) this.#receiver?.receive(bytes, performance.now() / 1000)
  }

  /**
   * `badPackets`: places where bytes were no packet; `halfSamples`: halves of a Daisy's samples without the other;
   * `duplicates`; `restarts`: times that the board counted anew; `reconnects`.
   */
  protected override _counters(): Readonly<Record<string, number>> {
    return { ...(this.#receiver?.counts ?? NO_COUNTS), reconnects: this.#reconnects }
  }

  protected override async _close(): Promise<void> {
    await this.#board?.disconnect()
  }

  get #connected(): CytonBoard {
    if (this.#board === undefined) throw new DeviceError(`${this._subject}: not connected; configure it first`)
    return this.#board
  }

  #checkChannel(channel: number, count = this.#hasDaisy ? 2 * CYTON_CHANNELS : CYTON_CHANNELS): number {
    if (Number.isInteger(channel) && channel >= 1 && channel <= count) return channel
    throw new ConfigError(this._subject, [`channel: expected 1–${count}, got ${channel}`])
  }

  #checkWord(what: string, word: string, known: Readonly<Record<string, string>>): void {
    if (Object.hasOwn(known, word)) return
    throw new ConfigError(this._subject, [`${what}: expected one of ${Object.keys(known).join(', ')}, got '${word}'`])
  }
}
registerNodeType(OpenBci)

/** Settings that were given, without those that are undefined. */
function given(change: Readonly<Record<string, unknown>>): Partial<ChannelSettings> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
}

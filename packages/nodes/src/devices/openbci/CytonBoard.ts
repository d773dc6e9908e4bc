import { DeviceError } from '@nodeacq/core'
import {
  channelCommand,
  DEFAULT_CHANNEL,
  leadOffCommand,
  modeCommand,
  settingsText,
  type ChannelSettings,
  type CYTON_MODES
} from './cytonCommands.ts'
import { CytonLink } from './CytonLink.ts'

export interface CytonBoardOptions {
  /** Path of the serial port. */
  port: string
  /** ms that the board has for a reply. */
  timeout: number
  onStream: (bytes: Uint8Array) => void
  onLost: (reason: string) => void
  /** The stream begins, or begins anew: the board counts from 0. */
  onStart: () => void
}

/** What the board has to be told again after a reset. */
interface BoardSettings {
  readonly channels: Map<number, Readonly<ChannelSettings>>
  readonly leadOff: Map<number, { readonly p: boolean; readonly n: boolean }>
  mode: (typeof CYTON_MODES)[number]
  timeStamps: boolean
  /** Eight channels although there is a Daisy. */
  withoutDaisy: boolean
}

/** A Cyton that keeps its settings over resets and broken connections. */
export class CytonBoard {
  readonly settings: BoardSettings = {
    channels: new Map(),
    leadOff: new Map(),
    mode: 'default',
    timeStamps: false,
    withoutDaisy: false
  }
  readonly #options: CytonBoardOptions
  #link: CytonLink | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: CytonBoardOptions) {
    this.#options = options
  }

  get isConnected(): boolean {
    return this.#link !== undefined
  }

  /** @throws {DeviceError} while there is no connection. */
  get link(): CytonLink {
    if (this.#link === undefined) throw new DeviceError(`OpenBCI at ${this.#options.port}: not connected`)
    return this.#link
  }

  /** Opens the port, resets the board, and tells it what was set before. @throws {DeviceError} */
  async connect(): Promise<void> {
    await this.disconnect()
    const { port, onLost, ...options } = this.#options
    const link = await CytonLink.open(port, {
      ...options,
      onLost: (reason) => {
        this.#link = undefined
        onLost(reason)
      }
    })
    this.#link = link
    const { withoutDaisy, mode, timeStamps, channels, leadOff } = this.settings
    try {
      if (withoutDaisy && link.hasDaisy) await link.ask('c')
      for (const [channel, settings] of channels) await link.ask(channelCommand(channel, settings))
      for (const [channel, on] of leadOff) await link.ask(leadOffCommand(channel, on))
      if (mode !== 'default') await link.ask(modeCommand(mode))
      if (timeStamps) await link.ask('<')
    } catch (error) {
      await this.disconnect()
      throw error
    }
  }

  /** @throws {DeviceError} */
  async start(): Promise<void> {
    this.#options.onStart()
    await this.link.start()
  }

  async stop(): Promise<void> {
    await this.#turn
    await this.#link?.stop()
  }

  /**
   * Asks the board something. A stream is stopped meanwhile, since the board is silent while it streams, and begins anew.
   * @param whenDone called when the board has taken it, before a stream begins anew
   * @throws {DeviceError} when the board refuses it, or does not reply
   */
  async ask(command: string, whenDone: () => void = () => {}): Promise<string> {
    const reply = this.#turn.then(() => this.#askNow(command, whenDone))
    this.#turn = reply.catch(() => {})
    return await reply
  }

  async #askNow(command: string, whenDone: () => void): Promise<string> {
    const { link } = this
    const { isStreaming } = link
    if (isStreaming) await link.stop()
    try {
      const reply = await link.ask(command)
      whenDone()
      return reply
    } finally {
      if (isStreaming) await this.start()
    }
  }

  /** @param channel from 1. @throws {DeviceError} */
  async setChannel(channel: number, change: Partial<ChannelSettings>): Promise<Readonly<ChannelSettings>> {
    const settings = { ...this.channelSettings(channel), ...change }
    await this.ask(channelCommand(channel, settings), () => this.settings.channels.set(channel, settings))
    return settings
  }

  channelSettings(channel: number): Readonly<ChannelSettings> {
    return this.settings.channels.get(channel) ?? DEFAULT_CHANNEL
  }

  /** Every channel as after a reset. @throws {DeviceError} when the board's defaults are not those that are known. */
  async resetChannels(): Promise<void> {
    await this.ask('d', () => this.settings.channels.clear())
    const defaults = (await this.ask('D')).trim()
    if (defaults !== settingsText(DEFAULT_CHANNEL)) {
      throw new DeviceError(`OpenBCI at ${this.#options.port}: unknown defaults of a channel, '${defaults}'`)
    }
  }

  /** Safe to call twice. */
  async disconnect(): Promise<void> {
    const link = this.#link
    this.#link = undefined
    await link?.close()
  }
}

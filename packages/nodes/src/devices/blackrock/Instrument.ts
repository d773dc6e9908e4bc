import { decodeChannel, decodeGroup, decodeProcessor, decodeSystem } from './cerebusConfig.ts'
import type { ChannelInfo, GroupInfo, ProcessorInfo, SystemInfo } from './cerebusConfig.ts'
import { FULL_RATE_GROUPS, PACKET, type CerebusCursor } from './cerebusPackets.ts'

/** Hz of the clock of instruments of the Gemini family, whatever they say; that of others is told. */
const GEMINI_CLOCK = 1e9
const CLOCK = 30_000

/** What an instrument has told of itself. */
export class Instrument {
  processor: ProcessorInfo | undefined
  system: SystemInfo | undefined
  readonly groups = new Map<number, GroupInfo>()
  readonly channels = new Map<number, ChannelInfo>()
  /** As they came, to be sent back with changes. */
  readonly channelBodies = new Map<number, Buffer>()

  /** Takes a configuration packet; true when it changed what the groups are. @throws {CerebusFormatError} */
  take(cursor: CerebusCursor): boolean {
    const { body, type, version } = cursor
    if (type === PACKET.system || type === PACKET.runLevel) this.system = decodeSystem(body)
    else if (type === PACKET.processor) this.processor = decodeProcessor(body)
    else if (type === PACKET.channel || type === PACKET.channelSampling) {
      const info = decodeChannel(version, body)
      this.channels.set(info.channel, info)
      this.channelBodies.set(info.channel, Buffer.from(body))
    } else if (type === PACKET.group) {
      const info = decodeGroup(body)
      const before = this.groups.get(info.group)
      this.groups.set(info.group, info)
      return before?.channels.join() !== info.channels.join()
    }
    return false
  }

  /** Whether everything that samples of these channels need is known. */
  knows(channels: readonly number[]): boolean {
    if (this.processor === undefined || this.system === undefined) return false
    return (
      FULL_RATE_GROUPS.every((group) => this.groups.has(group)) &&
      channels.every((channel) => this.channels.has(channel))
    )
  }

  /** Ticks per second of the times of packets. */
  get clockRate(): number {
    if (this.processor?.ident.toLowerCase().includes('gemini')) return GEMINI_CLOCK
    return this.system?.frequency || CLOCK
  }

  /** The group of 30 000 Hz in which a channel is, filtered before raw; undefined for none. */
  fullRateGroupOf(channel: number): number | undefined {
    return FULL_RATE_GROUPS.find((group) => this.groups.get(group)?.channels.includes(channel))
  }
}

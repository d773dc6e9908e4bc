import { CHANNEL_CAPS, encodeChannel, encodeGroup, encodeProcessor } from '../../devices/blackrock/cerebusConfig.ts'
import { decodeChannel, encodeSystem, RUNNING, type ChannelInfo } from '../../devices/blackrock/cerebusConfig.ts'
import { CONFIGURATION, encodeCerebus, PACKET, type CerebusVersion } from '../../devices/blackrock/cerebusPackets.ts'
import { testSignal } from '../testSignal.ts'

export const RATE = 30_000
/** Hz of groups 1 to 6, with their names. */
const GROUPS = [
  { rate: 500, label: '500 S/s' },
  { rate: 1000, label: '1 kS/s' },
  { rate: 2000, label: '2 kS/s' },
  { rate: 10_000, label: '10 kS/s' },
  { rate: RATE, label: '30 kS/s' },
  { rate: RATE, label: 'raw' }
]

/** Ticks of the clock per second; those of version 4.1 are ns. */
export const CLOCK_RATES: Readonly<Record<CerebusVersion, number>> = { '3.11': RATE, '4.1': 1e9 }

/** Digital value at a 1 of the test signal; the ramp over 1000 samples is then whole numbers. */
const AMPLITUDE = 500

const CAPABILITIES = CHANNEL_CAPS.exists | CHANNEL_CAPS.connected | CHANNEL_CAPS.isolated | CHANNEL_CAPS.analogInput
const SCALING = { digital: [-32_764, 32_764], analog: [-8191, 8191], unit: 'uV' } as const

/** Run levels that a client may ask for. */
const RUN_LEVEL = { standby: 30, hardReset: 20, reset: 40 } as const

/** What a simulated instrument knows, and what it answers. */
export class CerebusModel {
  readonly channels: ChannelInfo[]
  runLevel: number = RUNNING
  #groups: readonly (readonly number[])[] = []

  /** @param groupOf group of each channel, 0 for none; the first channel is channel 1 */
  constructor(groupOf: readonly number[]) {
    this.channels = groupOf.map((sampleGroup, k) => ({
      channel: k + 1,
      capabilities: CAPABILITIES,
      label: `chan${k + 1}`,
      scaling: SCALING,
      sampleGroup,
      isRaw: sampleGroup === 6
    }))
    this.#list()
  }

  /** Groups that have samples at 30 000 Hz, each with its channels. */
  get fullRateGroups(): readonly (readonly [group: number, channels: readonly number[]])[] {
    return [5, 6].flatMap((group) => {
      const channels = this.#groups[group - 1]!
      return channels.length === 0 ? [] : [[group, channels] as const]
    })
  }

  /** Sample `n` of the channels of a group. */
  fill(values: Int16Array, channels: readonly number[], n: number): void {
    const count = this.channels.length
    for (const [k, channel] of channels.entries()) {
      values[k] = Math.round(AMPLITUDE * testSignal(n, channel - 1, { rate: RATE, count }))
    }
  }

  setGroup(channel: number, sampleGroup: number): void {
    const info = this.channels[channel - 1]
    if (info === undefined) return
    this.channels[channel - 1] = { ...info, sampleGroup, isRaw: sampleGroup === 6 }
    this.#list()
  }

  /** What the instrument answers to a packet; nothing to one that it does not know. @throws {CerebusFormatError} */
  answer(version: CerebusVersion, type: number, body: Buffer): Buffer[] {
    const say = (kind: number, content?: Buffer) =>
      encodeCerebus(version, { time: 0, channel: CONFIGURATION, type: kind }, content)
    const system = () => encodeSystem({ frequency: CLOCK_RATES[version], runLevel: this.runLevel })
    const groups = () => GROUPS.map((_, k) => say(PACKET.group, this.#groupBody(k + 1)))
    switch (type) {
      case PACKET.setRunLevel: {
        const asked = body.length < 20 ? 0 : body.readUInt32LE(16)
        if (asked === RUN_LEVEL.hardReset) this.runLevel = RUN_LEVEL.standby
        else if (asked === RUN_LEVEL.reset) this.runLevel = RUNNING
        return [say(PACKET.runLevel, system())]
      }
      case PACKET.requestConfiguration:
        return [
          say(PACKET.configuration),
          say(PACKET.processor, this.#processorBody(version)),
          ...groups(),
          ...this.channels.map((info) => say(PACKET.channel, encodeChannel(version, info))),
          say(PACKET.system, system())
        ]
      case PACKET.setChannelSampling: {
        const { channel, sampleGroup } = decodeChannel(version, body)
        this.setGroup(channel, sampleGroup)
        const info = this.channels[channel - 1]
        return info === undefined ? [] : [say(PACKET.channelSampling, encodeChannel(version, info)), ...groups()]
      }
      default:
        return []
    }
  }

  /** The groups as they are now, for clients that know others. */
  groupAnswers(version: CerebusVersion): Buffer[] {
    return GROUPS.map((_, k) =>
      encodeCerebus(version, { time: 0, channel: CONFIGURATION, type: PACKET.group }, this.#groupBody(k + 1))
    )
  }

  #groupBody(group: number): Buffer {
    return encodeGroup({ group, ...GROUPS[group - 1]!, channels: this.#groups[group - 1]! })
  }

  #processorBody(version: CerebusVersion): Buffer {
    const isOld = version === '3.11'
    return encodeProcessor({
      ident: isOld ? 'Simulated NSP' : 'Simulated Gemini NSP',
      channelCount: this.channels.length,
      groupCount: GROUPS.length,
      version: isOld ? [3, 11] : [4, 1]
    })
  }

  #list(): void {
    this.#groups = GROUPS.map((_, k) =>
      this.channels.filter(({ sampleGroup }) => sampleGroup === k + 1).map(({ channel }) => channel)
    )
  }
}

import { z } from 'zod'
import { ConfigError } from '../errors.ts'
import { Node } from '../Node.ts'
import { registerNodeType } from '../nodeTypes.ts'
import { RunFollower } from '../RunFollower.ts'
import { describeOutput, infoOfInput } from '../outputDefaults.ts'

const config = z.object({
  outputChannels: z
    .record(z.string(), z.array(z.number().int().nonnegative()).min(1))
    .default({})
    .describe('channels of each output, counted from 0: { left: [0, 1], right: [2] }')
    .meta({ pyacq: 'output_channels' })
})

/**
 * Sends groups of channels on outputs of their own. Input `in` `(samples, channels)`; one output per key of
 * `outputChannels`, `(samples, n)` with the input's dtype, rate and indexes.
 */
export class ChannelSplitter extends Node<z.infer<typeof config>> {
  static override readonly configSchema = config
  static override readonly description = 'Sends groups of channels on outputs of their own.'
  static override readonly makesAnyOutput = true
  static override readonly inputSpecs = { in: {} }

  protected override async _configure({ outputChannels }: z.infer<typeof config>): Promise<void> {
    for (const [name, output] of Object.entries(this.outputs)) {
      if (name in outputChannels) continue
      await output.close()
      delete this.outputs[name]
    }
    for (const name of Object.keys(outputChannels)) {
      if (!(name in this.outputs)) this.addOutput(name, { streamType: 'analogsignal' })
    }
  }

  protected override _checkInputs(): void {
    const channelCount = this.input.info.shape[1] ?? 0
    for (const [name, channels] of Object.entries(this.config.outputChannels)) {
      const beyond = channels.filter((channel) => channel >= channelCount)
      if (beyond.length > 0) {
        throw new ConfigError(`ChannelSplitter '${this.name}'`, [
          `output '${name}' wants channel ${beyond.join(', ')}, expected 0 to ${channelCount - 1}: the input has ${channelCount} channels`
        ])
      }
    }
  }

  protected override async _initialize(): Promise<void> {
    const info = infoOfInput(this.input)
    const { channelInfo, units, scale, offset } = this.input.info
    for (const [name, channels] of Object.entries(this.config.outputChannels)) {
      await describeOutput(this.outputs[name]!, {
        ...info,
        shape: [-1, channels.length],
        channelCount: channels.length,
        units: chosen<string>(units, channels),
        scale: chosen<number | null>(scale, channels),
        offset: chosen<number | null>(offset, channels),
        ...(channelInfo && { channelInfo: channels.map((channel) => channelInfo[channel]!) })
      })
    }
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const parts = Object.entries(this.config.outputChannels).map(([name, channels]) => ({
      output: this.outputs[name]!,
      channels
    }))
    const runs = new RunFollower(...parts.map(({ output }) => output))
    for await (const chunk of this.input.chunks(signal)) {
      const { index, data, gaps } = chunk
      runs.begins(chunk)
      for (const { output, channels } of parts) {
        for (const gap of gaps) output.skip(gap)
        await output.send(data.take(channels), index, { handOver: true }) // `take` copies
      }
    }
  }
}
registerNodeType(ChannelSplitter)

/** Of what is given once for all channels, or once for each, that of the chosen ones. */
function chosen<T extends string | number | null>(
  value: T | readonly NonNullable<T>[],
  channels: readonly number[]
): T | readonly NonNullable<T>[] {
  return typeof value === 'object' && value !== null ? channels.map((channel) => value[channel]!) : value
}

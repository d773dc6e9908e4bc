import { Node, z } from 'nodeacq'

const config = z.object({ factor: z.number().default(1).describe('multiplies every sample') })

/** Multiplies a signal. Input and output `signals`: `(samples, channels)` float32, same rate and units. */
export class Gain extends Node<z.infer<typeof config>> {
  static override readonly configSchema = config
  static override readonly inputSpecs = { signals: { streamType: 'analogsignal', dtype: 'float32' } } as const
  static override readonly outputSpecs = { signals: { streamType: 'analogsignal', dtype: 'float32' } } as const

  protected override async _initialize() {
    const { shape, sampleRate, channelInfo, units } = this.input.info
    await this.output.configure({ shape, sampleRate, units, ...(channelInfo && { channelInfo }) })
  }

  protected override async _run(signal: AbortSignal) {
    const { factor } = this.config
    for await (const { index, data, gaps } of this.input.chunks(signal)) {
      for (const gap of gaps) this.output.skip(gap)
      const result = data.copy() // C order, and ours to write
      const values = result.typed() as Float32Array
      for (let i = 0; i < values.length; i++) values[i]! *= factor
      await this.output.send(result, index, { handOver: true })
    }
  }
}

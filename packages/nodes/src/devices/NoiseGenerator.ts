import { Node, describeOutput, registerNodeType } from '@nodeacq/core'
import { NdArray } from '@nodeacq/ndarray'
import { z } from 'zod'
import { GaussianNoise } from './GaussianNoise.ts'
import { Pacer } from './Pacer.ts'

const config = z.object({
  channelCount: z.number().int().positive().default(1).describe('number of channels').meta({ pyacq: 'nb_channel' }),
  chunkSize: z.number().int().positive().default(100).describe('samples in each chunk').meta({ pyacq: 'chunksize' }),
  sampleRate: z
    .number()
    .positive()
    .default(1000)
    .describe('samples per second of each channel, in Hz')
    .meta({ pyacq: 'sample_rate' }),
  seed: z
    .number()
    .int()
    .nonnegative()
    .max(0xffff_ffff)
    .nullish()
    .describe('start of the random numbers: the same seed gives the same signal in each run; default another each run')
})

/**
 * Makes gaussian noise of mean 0 and deviation 1, as a device would: one chunk whenever its time has come.
 * Output `signals`: `(samples, channels)` float32.
 */
export class NoiseGenerator extends Node<z.infer<typeof config>> {
  static override readonly description = 'Gaussian noise in real time, a device without hardware.'
  static override readonly configSchema = config
  static override readonly outputSpecs = { signals: { streamType: 'analogsignal', dtype: 'float32' } }

  protected override async _configure({ channelCount, sampleRate }: z.infer<typeof config>): Promise<void> {
    await describeOutput(this.output, { shape: [-1, channelCount], sampleRate, channelCount })
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const { channelCount, chunkSize, sampleRate, seed } = this.config
    const noise = new GaussianNoise(seed ?? undefined)
    const pacer = new Pacer(signal)
    for (let index = chunkSize; await pacer.until(index / sampleRate); index += chunkSize) {
      const samples = new Float32Array(chunkSize * channelCount)
      noise.fill(samples)
      await this.output.send(NdArray.fromTyped(samples, [chunkSize, channelCount]), index, { handOver: true })
    }
  }
}
registerNodeType(NoiseGenerator)

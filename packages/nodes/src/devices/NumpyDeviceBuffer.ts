import { ConfigError, Node, describeOutput, ndArraySchema, registerNodeType } from '@nodeacq/core'
import { NdArray } from '@nodeacq/ndarray'
import { z } from 'zod'
import { GaussianNoise } from './GaussianNoise.ts'
import { Pacer } from './Pacer.ts'

const config = z.object({
  channelCount: z.number().int().positive().default(16).describe('number of channels').meta({ pyacq: 'nb_channel' }),
  sampleInterval: z
    .number()
    .positive()
    .default(0.001)
    .describe('time from sample to sample, in s')
    .meta({ pyacq: 'sample_interval' }),
  chunkSize: z.number().int().positive().default(256).describe('samples in each chunk').meta({ pyacq: 'chunksize' }),
  buffer: ndArraySchema({ ndim: 2 })
    .nullish()
    .describe('samples to play, (samples, channels), a multiple of chunkSize long; default a sine with noise'),
  channelNames: z
    .array(z.string())
    .nullish()
    .describe("name of each channel; default 'chan0', 'chan1' …")
    .meta({ pyacq: 'channel_names' })
})

/** Chunks in the default buffer. */
const DEFAULT_CHUNKS = 40
const DEFAULT_SEED = 0

/**
 * Plays an array over and over, as a device would. Output `signals`: `(samples, channels)`, dtype of the array.
 *
 * As pyacq/devices/numpy_device.py, except: the default buffer works, and chunks come at exactly their time rather than at
 * the next lower millisecond.
 */
export class NumpyDeviceBuffer extends Node<z.infer<typeof config>> {
  static override readonly description = 'An array played over and over in real time, a device without hardware.'
  static override readonly configSchema = config
  static override readonly outputSpecs = { signals: { streamType: 'analogsignal' } }
  #buffer = NdArray.zeros([0, 0], 'float32')

  protected override async _configure(options: z.infer<typeof config>): Promise<void> {
    const { channelCount, sampleInterval, chunkSize, channelNames } = options
    const buffer = (options.buffer ?? sineWithNoise(options)).toContiguous()
    const problems: string[] = []
    if (buffer.shape[1] !== channelCount) {
      problems.push(`'buffer': expected ${channelCount} channels, got ${buffer.shape[1]}`)
    }
    if (buffer.length === 0 || buffer.length % chunkSize !== 0) {
      problems.push(`'buffer': expected a multiple of chunkSize (${chunkSize}) in samples, got ${buffer.length}`)
    }
    if (channelNames && channelNames.length !== channelCount) {
      problems.push(`'channelNames': expected ${channelCount} names, got ${channelNames.length}`)
    }
    if (problems.length > 0) throw new ConfigError(`NumpyDeviceBuffer '${this.name}'`, problems)
    this.#buffer = buffer
    await describeOutput(this.output, {
      dtype: buffer.dtype.toWire(),
      shape: [-1, channelCount],
      sampleRate: 1 / sampleInterval,
      channelCount,
      channelInfo: Array.from({ length: channelCount }, (_, k) => ({ name: channelNames?.[k] ?? `chan${k}` }))
    })
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const { chunkSize, sampleInterval } = this.config
    const buffer = this.#buffer
    const pacer = new Pacer(signal)
    for (let index = chunkSize; await pacer.until(index * sampleInterval); index += chunkSize) {
      const from = (index - chunkSize) % buffer.length
      await this.output.send(buffer.slice(from, from + chunkSize), index)
    }
  }
}
registerNodeType(NumpyDeviceBuffer)

/** 10 Hz (whole periods, so that the end fits the beginning), amplitude 1, with a little noise. */
function sineWithNoise(options: { channelCount: number; sampleInterval: number; chunkSize: number }): NdArray {
  const { channelCount, sampleInterval, chunkSize } = options
  const samples = DEFAULT_CHUNKS * chunkSize
  const periods = Math.max(1, Math.round(10 * samples * sampleInterval))
  const values = new Float32Array(samples * channelCount)
  new GaussianNoise(DEFAULT_SEED).fill(values)
  for (let k = 0; k < values.length; k++) {
    const t = Math.floor(k / channelCount) / samples
    values[k] = Math.sin(2 * Math.PI * periods * t) + 0.05 * values[k]!
  }
  return NdArray.fromTyped(values, [samples, channelCount])
}

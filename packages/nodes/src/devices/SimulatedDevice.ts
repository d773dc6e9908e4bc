import { randomFillSync } from 'node:crypto'
import { ConfigError, Node, describeOutput, registerNodeType } from '@nodeacq/core'
import { NdArray, parseDType } from '@nodeacq/ndarray'
import { MACHINE, monotonicNow } from '@nodeacq/stream'
import { z } from 'zod'
import { GaussianNoise } from './GaussianNoise.ts'
import { Pacer } from './Pacer.ts'
import { STAMP_BYTES, writeStamp } from './stamp.ts'

const config = z.object({
  channelCount: z.number().int().positive().default(1).describe('number of channels').meta({ pyacq: 'nb_channel' }),
  sampleRate: z
    .number()
    .positive()
    .default(1000)
    .describe('samples per second of each channel, in Hz')
    .meta({ pyacq: 'sample_rate' }),
  dtype: z.string().default('int16').describe('type of the samples, a numpy type name such as int16 or float32'),
  chunkSize: z.number().int().positive().default(10).describe('samples in each chunk').meta({ pyacq: 'chunksize' })
})

/** Bytes of noise that are made once and sent over and over. */
const NOISE_BYTES = 4 * 1024 * 1024

/** How well a SimulatedDevice keeps up with its own rate. */
export interface PaceReport {
  /** Samples sent in this run. */
  readonly samples: number
  /** s that the newest chunk was sent after its time. */
  readonly lag: number
  /** s, the most since the start or the last `resetPace`. */
  readonly maxLag: number
}

/**
 * Makes any number of channels of any numeric type at any rate: a load like that of a device that is not there yet.
 * Output `signals`: `(samples, channels)`, noise over the whole range of integers, gaussian for floats. The first 16
 * bytes of each chunk tell when it was sent and when it was due, which a LatencyMonitor reads.
 *
 * Each chunk is copied once, as a driver's buffer would be; what it costs beyond that is sending.
 */
export class SimulatedDevice extends Node<z.infer<typeof config>> {
  static override readonly description = 'A load of any shape, type and rate in real time, to measure a machine with.'
  static override readonly configSchema = config
  static override readonly outputSpecs = { signals: { streamType: 'analogsignal' } }
  #noise = NdArray.zeros([0, 0], 'int16')
  #pace: PaceReport = { samples: 0, lag: 0, maxLag: 0 }

  /** How far behind its own rate it is. */
  pace(): PaceReport {
    return this.#pace
  }

  /** Forgets the greatest lag up to now. */
  resetPace(): void {
    this.#pace = { ...this.#pace, maxLag: 0 }
  }

  /** The clock that stamps the chunks, ms, and the machine whose clock it is. */
  clock(): { machine: string; time: number } {
    return { machine: MACHINE, time: monotonicNow() }
  }

  protected override async _configure(options: z.infer<typeof config>): Promise<void> {
    const { channelCount, chunkSize, sampleRate, dtype } = options
    const type = parseDType(dtype)
    const problems: string[] = []
    if (!'iuf'.includes(type.kind)) problems.push(`'dtype': expected a type of integers or floats, got '${dtype}'`)
    const chunkBytes = channelCount * chunkSize * type.itemSize
    if (chunkBytes < STAMP_BYTES) {
      problems.push(`'chunkSize': expected chunks of at least ${STAMP_BYTES} bytes, got ${chunkBytes}`)
    }
    if (problems.length > 0) throw new ConfigError(`SimulatedDevice '${this.name}'`, problems)
    const chunks = Math.max(1, Math.floor(NOISE_BYTES / chunkBytes))
    this.#noise = noise([chunks * chunkSize, channelCount], dtype)
    await describeOutput(this.output, { dtype, shape: [-1, channelCount], sampleRate, channelCount })
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const { chunkSize, sampleRate } = this.config
    const noise = this.#noise
    this.#pace = { samples: 0, lag: 0, maxLag: 0 }
    const pacer = new Pacer(signal)
    const start = monotonicNow()
    for (let index = chunkSize; await pacer.until(index / sampleRate); index += chunkSize) {
      const from = (index - chunkSize) % noise.length
      const chunk = noise.slice(from, from + chunkSize)
      writeStamp(chunk.bytes(), monotonicNow(), start + (index / sampleRate) * 1000)
      await this.output.send(chunk, index)
      const lag = Math.max(0, (monotonicNow() - start) / 1000 - index / sampleRate)
      this.#pace = { samples: index, lag, maxLag: Math.max(lag, this.#pace.maxLag) }
    }
  }
}
registerNodeType(SimulatedDevice)

function noise(shape: readonly number[], dtype: string): NdArray {
  const type = parseDType(dtype)
  const array = NdArray.zeros(shape, dtype)
  if (type.kind !== 'f') {
    randomFillSync(array.bytes())
    return array
  }
  const values = new Float32Array(array.size)
  new GaussianNoise().fill(values)
  return NdArray.fromTyped(values, shape).astype(dtype)
}

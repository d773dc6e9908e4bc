import type { OutputStream } from '@nodeacq/stream'
import { SampleGatherer } from '../SampleGatherer.ts'
import { SampleQueue } from '../SampleQueue.ts'
import { EMOTIV_CHANNELS, EPOC_COUNTER, type EmotivFormat } from './emotivReports.ts'
import type { EmotivSample } from './EmotivReceiver.ts'

export interface EmotivSenderOptions {
  readonly bits: EmotivFormat['bits']
  /** Of one level; undefined to send levels. */
  readonly microvolts: number | undefined
  /** Samples that are sent together. */
  readonly chunkSize: number
}

interface Numbered {
  readonly index: number
  readonly sample: EmotivSample
}

/** Sends samples in the order in which they were added, to the outputs of a headset. */
export class EmotivSender extends SampleQueue<Numbered> {
  /** Told when a sample is not needed any more. */
  onSent: (sample: EmotivSample) => void = () => {}
  readonly #signals: SampleGatherer
  readonly #others: Readonly<Record<'impedances' | 'gyro' | 'battery', SampleGatherer>> | undefined
  readonly #microvolts: number | undefined
  readonly #volts = new Float32Array(EMOTIV_CHANNELS.length)
  readonly #percent = new Float32Array(1)

  constructor(outputs: Readonly<Record<string, OutputStream>>, { bits, microvolts, chunkSize }: EmotivSenderOptions) {
    super((numbered) => this.#send(numbered))
    const channels = EMOTIV_CHANNELS.length
    const digital = bits === 14 ? 'int16' : 'int32'
    const dtype = microvolts === undefined ? digital : 'float32'
    this.#microvolts = microvolts
    this.#signals = new SampleGatherer(outputs['signals']!, { channels, dtype, chunkSize })
    if (bits === 16) return
    this.#others = {
      impedances: new SampleGatherer(outputs['impedances']!, { channels, dtype: 'float32', chunkSize }),
      gyro: new SampleGatherer(outputs['gyro']!, { channels: 2, dtype: 'int16', chunkSize }),
      battery: new SampleGatherer(outputs['battery']!, { channels: 1, dtype: 'float32', chunkSize: 1 })
    }
  }

  /** Sends what is left. @throws what a consumer made fail */
  async finish(): Promise<void> {
    await this.drained()
    for (const gatherer of [this.#signals, ...Object.values(this.#others ?? {})]) await gatherer.flush()
  }

  async #send({ index, sample }: Numbered): Promise<void> {
    const { levels, contacts, gyro, battery } = sample
    if (this.#microvolts === undefined) {
      await this.#signals.push(index, levels)
    } else {
      for (let k = 0; k < levels.length; k++) this.#volts[k] = levels[k]! * this.#microvolts
      await this.#signals.push(index, this.#volts)
    }
    if (this.#others !== undefined) {
      await this.#others.impedances.push(index, contacts)
      await this.#others.gyro.push(index, gyro)
      // Numbered by the cycles of the counter, each of which tells it once.
      const cycle = Math.floor(index / EPOC_COUNTER)
      if (!Number.isNaN(battery) && cycle >= this.#others.battery.end) {
        this.#percent[0] = battery
        await this.#others.battery.push(cycle, this.#percent)
      }
    }
    this.onSent(sample)
  }
}

import type { OutputStream } from '@nodeacq/stream'
import { SampleGatherer } from '../SampleGatherer.ts'
import { SampleQueue } from '../SampleQueue.ts'
import type { CytonSample } from './CytonReceiver.ts'

export interface CytonSenderOptions {
  /** µV and g rather than counts. */
  readonly isPhysical: boolean
  /** Samples that are sent together. */
  readonly chunkSize: number
  /** µV of one count of a channel, from 1. */
  readonly microvolts: (channel: number) => number
  /** What one count of `aux` is. */
  readonly auxScale: () => number
}

/** ms of the board's clock after which it begins at 0. */
const BOARD_TIME_WRAP = 2 ** 32

interface Numbered {
  readonly index: number
  readonly sample: CytonSample
}

/** Sends samples in the order in which they were added, to the outputs of a Cyton. */
export class CytonSender extends SampleQueue<Numbered> {
  /** Told when a sample is not needed any more. */
  onSent: (sample: CytonSample) => void = () => {}
  readonly #outputs: Readonly<Record<'chan' | 'aux', OutputStream>>
  readonly #options: CytonSenderOptions
  readonly #chan: SampleGatherer
  readonly #aux: SampleGatherer
  readonly #volts: Float32Array
  readonly #acceleration = new Float32Array(3)

  constructor(outputs: Readonly<Record<'chan' | 'aux', OutputStream>>, options: CytonSenderOptions) {
    super((numbered) => this.#send(numbered))
    const { isPhysical, chunkSize } = options
    const dtype = isPhysical ? 'float32' : 'int32'
    const channels = outputs.chan.info.channelCount!
    this.#outputs = outputs
    this.#options = options
    this.#chan = new SampleGatherer(outputs.chan, { channels, dtype, chunkSize })
    this.#aux = new SampleGatherer(outputs.aux, { channels: 3, dtype, chunkSize })
    this.#volts = new Float32Array(channels)
  }

  /** Sends what is left. @throws what a consumer made fail */
  async finish(): Promise<void> {
    await this.drained()
    await this.#chan.flush()
    await this.#aux.flush()
  }

  async #send({ index, sample }: Numbered): Promise<void> {
    const { counts, aux, boardTime } = sample
    const { isPhysical, microvolts, auxScale } = this.#options
    if (!Number.isNaN(boardTime)) {
      for (const output of Object.values(this.#outputs)) {
        output.markDeviceTime(index, boardTime, { wrap: BOARD_TIME_WRAP })
      }
    }
    if (!isPhysical) {
      await this.#chan.push(index, counts)
      await this.#aux.push(index, aux)
    } else {
      for (let k = 0; k < counts.length; k++) this.#volts[k] = counts[k]! * microvolts(k + 1)
      for (let k = 0; k < aux.length; k++) this.#acceleration[k] = aux[k]! * auxScale()
      await this.#chan.push(index, this.#volts)
      await this.#aux.push(index, this.#acceleration)
    }
    this.onSent(sample)
  }
}

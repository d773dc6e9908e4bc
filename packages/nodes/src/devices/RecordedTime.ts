import type { RecordedStream } from '../files/SampleFile.ts'

/** When the samples of a recorded stream were, in s from the start of its recording. */
export class RecordedTime {
  readonly sampleRate: number
  readonly #startIndex: number
  readonly #offset: number

  /** @param sampleRate for a stream without a rate of its own: how fast it shall be played, Hz */
  constructor(stream: Pick<RecordedStream, 'sampleRate' | 'startIndex' | 'offset'>, sampleRate = stream.sampleRate) {
    this.sampleRate = sampleRate
    this.#startIndex = stream.startIndex
    this.#offset = stream.offset
  }

  timeOf(index: number): number {
    return this.#offset + (index - this.#startIndex) / this.sampleRate
  }

  /** The sample at `time`; Infinity behind all. */
  indexAt(time: number): number {
    return this.#startIndex + Math.round((time - this.#offset) * this.sampleRate)
  }
}

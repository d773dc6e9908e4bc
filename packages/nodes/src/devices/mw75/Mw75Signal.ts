import { makeEvents, type OutputStream } from '@nodeacq/stream'
import { ArrivalTrack } from '../ArrivalTrack.ts'
import { SampleGatherer } from '../SampleGatherer.ts'
import type { Mw75Sample, Mw75State } from './messages.ts'
import { CHANNEL_COUNT, COUNTER_MODULUS, SAMPLE_RATE } from './packets.ts'

/** ms that a packet may be on the way until the server reads its clock. */
const LATENESS = 50

export interface Mw75Outputs {
  readonly eeg: OutputStream
  readonly reference: OutputStream
  readonly events: OutputStream
}

/** The samples of an MW75 on their way to the outputs: numbered, gathered, sent. */
export class Mw75Signal {
  readonly #outputs: Mw75Outputs
  readonly #eeg: SampleGatherer
  readonly #reference: SampleGatherer
  readonly #track = new ArrivalTrack<Mw75Sample>({ rate: SAMPLE_RATE, modulus: COUNTER_MODULUS }, (index, sample) =>
    this.#due.push({ index, sample })
  )
  /** What the track has numbered and is not sent yet. */
  #due: { readonly index: number; readonly sample: Mw75Sample }[] = []
  readonly #pair = new Float64Array(2)
  #state: Mw75State | undefined
  readonly #noted = new Map<string, number>()

  /** @param chunkSize samples that are sent together */
  constructor(outputs: Mw75Outputs, chunkSize: number) {
    this.#outputs = outputs
    this.#eeg = new SampleGatherer(outputs.eeg, { channels: CHANNEL_COUNT, dtype: 'float64', chunkSize })
    this.#reference = new SampleGatherer(outputs.reference, { channels: 2, dtype: 'float64', chunkSize })
  }

  get counts(): Readonly<Record<string, number>> {
    return { ...this.#track.counts }
  }

  /** @param arrival ms of `performance.now()` */
  async take(sample: Mw75Sample, arrival: number): Promise<void> {
    this.#track.take(sample.counter, arrival / 1000, sample)
    await this.#send()
  }

  /** The headset was connected anew: its counter begins at 0. */
  beginAnew(): void {
    this.#track.beginAnew()
  }

  /** The server is in this state: an event where it is a new one. @returns whether it is */
  async enter(state: Mw75State): Promise<boolean> {
    if (this.#state === state) return false
    this.#state = state
    await this.#mark(state, 0)
    return true
  }

  /** An event at the next sample, unless `value` was noted last of that label. */
  async note(label: string, value: number): Promise<void> {
    if (this.#noted.get(label) === value) return
    this.#noted.set(label, value)
    await this.#mark(label, value)
  }

  /** Nothing more comes for now: what is held goes out. */
  async finish(): Promise<void> {
    this.#track.finish()
    await this.#send()
    await this.#eeg.flush()
    await this.#reference.flush()
  }

  async #mark(label: string, value: number): Promise<void> {
    await this.#outputs.events.send(makeEvents([{ index: this.#eeg.end, label, value }]))
  }

  async #send(): Promise<void> {
    if (this.#due.length === 0) return
    const due = this.#due
    this.#due = []
    for (const { index, sample } of due) {
      this.#outputs.eeg.markDeviceTime(index, sample.timestamp * 1000, { uncertainty: LATENESS })
      await this.#eeg.push(index, sample.channels)
      this.#pair[0] = sample.ref
      this.#pair[1] = sample.drl
      await this.#reference.push(index, this.#pair)
      await this.note('status flags', sample.featureStatus)
    }
  }
}

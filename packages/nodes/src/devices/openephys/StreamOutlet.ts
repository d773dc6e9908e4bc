import type { NdArray } from '@nodeacq/ndarray'
import { makeEvents, type OutputStream, type StreamEvent } from '@nodeacq/stream'
import { SampleTrack } from './SampleTrack.ts'

/** All channels of a stream for some samples. */
export interface Block {
  /** Of its first sample, as the source counts. */
  readonly sampleNumber: number
  /** ms, by the clock of the machine that sends. */
  readonly time: number
  /** `(samples, channels)` float32, µV. */
  readonly data: NdArray
}

/** An event at a sample, as the source counts. */
export interface SourceEvent extends Pick<StreamEvent, 'label' | 'value'> {
  readonly sampleNumber: number
}

export interface Outputs {
  readonly signals: OutputStream
  readonly events: OutputStream
  readonly spikes?: OutputStream
}

/** Events that wait for the block they belong to. */
const MOST_WAITING = 1000

/** One stream of Open Ephys on its way out: blocks numbered, events put to their samples. */
export class StreamOutlet {
  readonly #outputs: Outputs
  readonly #track: SampleTrack
  #waiting: { readonly to: 'events' | 'spikes'; readonly event: SourceEvent }[] = []
  #isSettled = false
  duplicates = 0

  /** @param rate Hz */
  constructor(outputs: Outputs, rate: number) {
    this.#outputs = outputs
    this.#track = new SampleTrack(rate)
  }

  /** The source may count from another number from here on. */
  beginAnew(): void {
    this.#isSettled = false
    this.#track.beginAnew()
  }

  /** Takes the block over. What is missing before it is a gap that the device made. */
  async takeBlock({ sampleNumber, time, data }: Block): Promise<void> {
    const index = this.#track.place(sampleNumber, data.length, time / 1000)
    if (index === undefined) {
      this.duplicates += 1
      return
    }
    this.#isSettled = true
    this.#outputs.signals.markDeviceTime(index, time)
    await this.#outputs.signals.send(data, index + data.length, { handOver: true })
    for (const { to, event } of this.#waiting.splice(0)) await this.takeEvent(to, event)
  }

  /** Events come before the block they are in: the first ones of an acquisition wait for it. */
  async takeEvent(to: 'events' | 'spikes', event: SourceEvent): Promise<void> {
    if (!this.#isSettled) {
      if (this.#waiting.length < MOST_WAITING) this.#waiting.push({ to, event })
      return
    }
    const index = this.#track.indexOf(event.sampleNumber)!
    const { label, value } = event
    if (index >= 0) await this.#outputs[to]?.send(makeEvents([{ index, label, value }]))
  }
}

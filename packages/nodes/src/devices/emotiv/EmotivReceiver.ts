import { ArrivalTrack } from '../ArrivalTrack.ts'
import type { EmotivCipher } from './EmotivCipher.ts'
import {
  batteryPercent,
  contactOf,
  EMOTIV_CHANNELS,
  emptyEmotivReport,
  formatOf,
  readEmotivReport
} from './emotivReports.ts'
import { ReportChain } from './ReportChain.ts'

/** One sample, with the newest that is known of the contacts. */
export interface EmotivSample {
  readonly levels: Uint16Array
  readonly contacts: Float32Array
  readonly gyro: Int16Array
  /** Percent; NaN in samples that do not tell it. */
  battery: number
}

export interface EmotivCounts {
  readonly badReports: number
  readonly motionReports: number
  readonly duplicates: number
  readonly restarts: number
}

/** From encrypted reports to numbered samples. */
export class EmotivReceiver {
  readonly #chain: ReportChain
  readonly #track: ArrivalTrack<EmotivSample>
  readonly #report = emptyEmotivReport()
  readonly #contacts = new Float32Array(EMOTIV_CHANNELS.length).fill(NaN)
  /** Samples that are not in use: none is made for each one that comes. */
  readonly #spare: EmotivSample[] = []
  #motionReports = 0

  /** @param rate Hz; @param emit gets each sample with its number, from 0; it has to give it back to `recycle` */
  constructor(cipher: EmotivCipher, rate: number, emit: (index: number, sample: EmotivSample) => void) {
    const format = formatOf(cipher.model)
    this.#track = new ArrivalTrack({ rate, modulus: format.counter }, emit)
    this.#chain = new ReportChain(cipher, (bytes, time) => {
      readEmotivReport(bytes, format, this.#report)
      this.#take(time)
    })
  }

  get counts(): EmotivCounts {
    return { badReports: this.#chain.badReports, motionReports: this.#motionReports, ...this.#track.counts }
  }

  /** @param time s on a monotonic clock */
  receiveReport(report: Uint8Array, time: number): void {
    this.#chain.pushReport(report, time)
  }

  /** @param time s on a monotonic clock */
  receiveBytes(bytes: Uint8Array, time: number): void {
    this.#chain.pushBytes(bytes, time)
  }

  recycle(sample: EmotivSample): void {
    this.#spare.push(sample)
  }

  /** The headset may count anew. */
  beginAnew(): void {
    this.#chain.beginAnew()
    this.#track.beginAnew()
  }

  /** No more reports come. */
  finish(): void {
    this.#chain.finish()
    this.#track.finish()
  }

  #take(time: number): void {
    const report = this.#report
    if (report.kind === 'motion') {
      this.#motionReports += 1
      return
    }
    if (report.sensor >= 0) this.#contacts[report.sensor] = contactOf(report.quality)
    const sample = this.#spare.pop() ?? newSample()
    sample.levels.set(report.levels)
    sample.contacts.set(this.#contacts)
    sample.gyro[0] = report.gyroX
    sample.gyro[1] = report.gyroY
    sample.battery = report.battery > 0 ? batteryPercent(report.battery) : NaN
    this.#track.take(report.counter, time, sample)
  }
}

function newSample(): EmotivSample {
  const count = EMOTIV_CHANNELS.length
  return { levels: new Uint16Array(count), contacts: new Float32Array(count), gyro: new Int16Array(2), battery: NaN }
}

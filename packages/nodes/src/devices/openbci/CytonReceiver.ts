import { ArrivalTrack } from '../ArrivalTrack.ts'
import { CytonDecoder } from './CytonDecoder.ts'
import { CYTON_CHANNELS, CYTON_COUNTER, CYTON_RATE, readCytonAux, type CytonPacket } from './cytonPackets.ts'
import { DAISY_COUNTER, DaisyPairs } from './DaisyPairs.ts'

/** One sample of all channels. */
export interface CytonSample {
  /** Converter's counts of 8 or 16 channels. */
  readonly counts: Int32Array
  /** Acceleration X, Y, Z in counts, or three auxiliary values. */
  readonly aux: Int32Array
  /** ms of the board's clock, which wraps after 2³²; NaN while packets have none. */
  boardTime: number
}

/** What was noticed in the bytes, in packets and samples. */
export interface CytonCounts {
  readonly badPackets: number
  readonly halfSamples: number
  readonly duplicates: number
  readonly restarts: number
}

/**
 * From bytes to numbered samples: packets are found, the halves of a Daisy joined, samples numbered by their counter and
 * by when they arrive. The accelerometer is slower than the converter: between its values the newest is repeated.
 */
export class CytonReceiver {
  readonly #emit: (index: number, sample: CytonSample) => void
  readonly #hasDaisy: boolean
  readonly #decoder = new CytonDecoder((packet, time) => this.#take(packet, time))
  readonly #pairs = new DaisyPairs()
  readonly #track: ArrivalTrack<CytonSample>
  readonly #aux = new Int32Array(3)
  /** Samples that are not in use: none is made for each one that comes. */
  readonly #spare: CytonSample[] = []

  /** @param emit gets each sample with its number, from 0; it has to give it back to `recycle` */
  constructor(hasDaisy: boolean, emit: (index: number, sample: CytonSample) => void) {
    this.#hasDaisy = hasDaisy
    this.#emit = emit
    const options = hasDaisy
      ? { rate: CYTON_RATE / 2, modulus: DAISY_COUNTER }
      : { rate: CYTON_RATE, modulus: CYTON_COUNTER }
    this.#track = new ArrivalTrack(options, (index, sample) => this.#emit(index, sample))
  }

  get counts(): CytonCounts {
    return { badPackets: this.#decoder.badPackets, halfSamples: this.#pairs.halves, ...this.#track.counts }
  }

  /** @param time s on a monotonic clock */
  receive(bytes: Uint8Array, time: number): void {
    this.#decoder.push(bytes, time)
  }

  recycle(sample: CytonSample): void {
    this.#spare.push(sample)
  }

  /** The board will count from 0. Bytes that were not decided are decided now. */
  beginAnew(): void {
    this.#decoder.finish()
    this.#pairs.beginAnew()
    this.#track.beginAnew()
  }

  /** No more bytes come. */
  finish(): void {
    this.#decoder.finish()
    this.#track.finish()
  }

  #take(packet: Readonly<CytonPacket>, time: number): void {
    const boardTime = this.#readAux(packet)
    const pair = this.#hasDaisy ? this.#pairs.take(packet) : undefined
    if (this.#hasDaisy && pair === undefined) return
    const sample = this.#spare.pop() ?? this.#newSample()
    sample.counts.set((pair ?? packet).counts)
    sample.aux.set(this.#aux)
    sample.boardTime = boardTime
    this.#track.take(pair?.number ?? packet.sampleNumber, time, sample)
  }

  #newSample(): CytonSample {
    const channels = this.#hasDaisy ? 2 * CYTON_CHANNELS : CYTON_CHANNELS
    return { counts: new Int32Array(channels), aux: new Int32Array(3), boardTime: NaN }
  }

  /** Gives the board's time, if the packet has it. */
  #readAux(packet: Readonly<CytonPacket>): number {
    const aux = readCytonAux(packet)
    switch (aux.kind) {
      case 'acceleration':
        // Zeros say that there is no new value: not even in free fall are all three exactly 0.
        if (aux.counts.some((count) => count !== 0)) this.#aux.set(aux.counts)
        return NaN
      case 'raw':
        this.#aux.set(aux.counts)
        return NaN
      case 'timedAcceleration':
        if (aux.axis !== undefined) this.#aux[aux.axis] = aux.count
        return aux.boardTime
      case 'timedRaw':
        this.#aux[0] = aux.count
        return aux.boardTime
      case 'user':
        return NaN
    }
  }
}

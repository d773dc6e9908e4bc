import { NdArray } from '@nodeacq/ndarray'
import type { OutputStream } from '@nodeacq/stream'
import { WideCounterTrack } from '../WideCounterTrack.ts'
import { CerebusFormatError } from './CerebusError.ts'
import type { CerebusCursor } from './cerebusPackets.ts'
import type { Instrument } from './Instrument.ts'

export const SAMPLE_RATE = 30_000

export interface GroupSamplesOptions {
  readonly output: OutputStream
  /** Numbers from 1, in the order of the output. */
  readonly channels: readonly number[]
  readonly chunkSize: number
  /** Ticks of the instrument's clock per second, and how many there are until it begins again. */
  readonly clockRate: number
  readonly clockModulus: number
}

/** Samples that follow a jump of the clock until it is believed: a datagram may come spoiled. */
const JUMP_ROW = 3
/** Of the samples counted by the clock: never reached. */
const MODULUS = 2 ** 50

/**
 * Samples of the groups of 30 000 Hz on their way to the output. Where the channels are in several groups, a row is
 * complete when all have come; one that is not, and what the clock skips, is a gap that the device made.
 */
export class GroupSamples {
  readonly counts = { duplicates: 0, restarts: 0, incomplete: 0 }
  readonly #options: GroupSamplesOptions
  readonly #track = new WideCounterTrack({ rate: SAMPLE_RATE, modulus: MODULUS, jumpRow: JUMP_ROW })
  readonly #row: Int16Array
  /** Place in the row of each sample of each group, -1 for those that nobody wants. */
  #places = new Map<number, Int32Array>()
  /** Groups that the row has; one bit each. */
  #wanted = 0
  #seen = 0
  #time = -1
  /** The clock's time and the samples it has counted at the newest row. */
  #clock = -1
  #counter = 0
  #chunk: Int16Array<ArrayBuffer>
  #count = 0
  #end = 0
  #chunkTime = 0
  #taken = 0

  constructor(options: GroupSamplesOptions) {
    const { channels, chunkSize } = options
    this.#options = options
    this.#row = new Int16Array(channels.length)
    this.#chunk = new Int16Array(chunkSize * channels.length)
  }

  /** Rows that have come. */
  get taken(): number {
    return this.#taken
  }

  /** The instrument has told which channels are in which group; those that are in none are 0 from now on. */
  follow(instrument: Instrument): void {
    const { channels } = this.#options
    const groups = channels.map((channel) => instrument.fullRateGroupOf(channel))
    this.#places = new Map()
    this.#wanted = 0
    this.#row.fill(0)
    for (const group of new Set(groups)) {
      if (group === undefined) continue
      const listed = instrument.groups.get(group)!.channels
      const isHere = (channel: number) => groups[channels.indexOf(channel)] === group
      this.#places.set(
        group,
        Int32Array.from(listed, (channel) => (isHere(channel) ? channels.indexOf(channel) : -1))
      )
      this.#wanted |= 1 << group
    }
  }

  /** The instrument may have begun to count anew. */
  beginAnew(): void {
    this.#track.beginAnew()
    this.#seen = 0
  }

  /**
   * Takes a sample of a group, and sends the chunk that it completes.
   * @param now s on a monotonic clock. @throws {CerebusFormatError} when it is shorter than the group
   */
  take(cursor: CerebusCursor, now: number): Promise<void> | undefined {
    const places = this.#places.get(cursor.type)
    if (places === undefined) return undefined
    const { body } = cursor
    if (body.length < 2 * places.length) {
      throw new CerebusFormatError(`group ${cursor.type}: expected ${places.length} samples, got ${body.length / 2}`)
    }
    if (cursor.time !== this.#time) {
      if (this.#seen !== 0) this.counts.incomplete += 1
      this.#seen = 0
      this.#time = cursor.time
    }
    for (let k = 0; k < places.length; k++) {
      const place = places[k]!
      if (place >= 0) this.#row[place] = body.readInt16LE(2 * k)
    }
    this.#seen |= 1 << cursor.type
    if (this.#seen !== this.#wanted) return undefined
    this.#seen = 0
    return this.#pushRow(cursor.time, now)
  }

  #pushRow(time: number, now: number): Promise<void> | undefined {
    this.#taken += 1
    const index = this.#track.next(this.#counterAt(time), now)
    this.counts.duplicates = this.#track.counts.duplicates
    this.counts.restarts = this.#track.counts.restarts
    if (index === undefined) return undefined
    const sent = index === this.#end ? undefined : this.flush()
    const { channels, chunkSize } = this.#options
    this.#chunk.set(this.#row, this.#count * channels.length)
    this.#count += 1
    this.#end = index + 1
    this.#chunkTime = time
    return this.#count === chunkSize ? this.flush() : sent
  }

  /** Sends what was gathered. */
  flush(): Promise<void> | undefined {
    const { output, channels, chunkSize, clockRate } = this.#options
    const count = this.#count
    if (count === 0) return undefined
    const chunk = NdArray.fromTyped(this.#chunk, [chunkSize, channels.length]).slice(0, count)
    this.#chunk = new Int16Array(chunkSize * channels.length)
    this.#count = 0
    output.markDeviceTime(this.#end - 1, (this.#chunkTime / clockRate) * 1000)
    return output.send(chunk, this.#end, { handOver: true })
  }

  /** Steps of the clock in samples: added up, so that rounding does not add up. */
  #counterAt(time: number): number {
    const { clockRate, clockModulus } = this.#options
    if (this.#clock >= 0) {
      let ticks = time - this.#clock
      if (ticks < -clockModulus / 2) ticks += clockModulus
      else if (ticks > clockModulus / 2) ticks -= clockModulus
      this.#counter += Math.round((ticks * SAMPLE_RATE) / clockRate)
    }
    this.#clock = time
    return this.#counter
  }
}

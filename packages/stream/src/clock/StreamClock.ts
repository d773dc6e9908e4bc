import { monotonicNow } from '../delivery/clock.ts'
import type { ClockOffset, ClockOffsetStatus } from './ClockOffset.ts'
import type { Instant, MeasuredRate, Place } from './ClockPieces.ts'
import type { RunClock } from './RunClocks.ts'
import { wallClock } from './WallClock.ts'

/** Where a `StreamClock` reads. */
export interface StreamClockSource {
  /** The run that is asked for where none is named. */
  readonly run: number
  clockOf(run: number): RunClock | undefined
  /** Of the machine that measures, where it is another one; null while nothing is known of it. */
  readonly offset?: ClockOffset | undefined
}

/**
 * When the samples of a stream existed, as measured, on the monotonic clock of the machine that asks (CLOCK_MONOTONIC;
 * ms since it started, see `monotonicNow`). Samples are never altered.
 *
 * Everything is `undefined` until it is known: before 8 marks of a run, which takes 0.4 s of data or 8 chunks; behind a
 * hole of more than 250 ms again; for streams without a regular rate (`sampleRate: 0`) and without an index that counts
 * (`accounting: 'none'`); for sources of pyacq's; and from another machine, before the first round trip.
 */
export class StreamClock {
  readonly #find: () => StreamClockSource | undefined

  /** @param find gives undefined while the stream is not open */
  constructor(find: () => StreamClockSource | undefined) {
    this.#find = find
  }

  /** When sample `index` could have been sent at the earliest, ms. Runs: the current one, and those of late. */
  timeOf(index: number, run?: number): Instant | undefined {
    const source = this.#find()
    const time = source?.clockOf(run ?? source.run)?.pieces.timeOf(index)
    if (source?.offset === undefined || time === undefined) return time
    return source.offset.toOurs(time, monotonicNow())
  }

  /** Which sample there was at `time`, with fractions. */
  indexAt(time: number, run?: number): Place | undefined {
    const source = this.#find()
    const pieces = source?.clockOf(run ?? source.run)?.pieces
    const there = source?.offset ? source.offset.toTheirs(time) : { time, uncertainty: 0 }
    return there && pieces?.indexAt(there)
  }

  /** The Unix time of a sample by the wall clock of this machine, ms: `new Date(clock.wallTimeOf(index).time)`. */
  wallTimeOf(index: number, run?: number): Instant | undefined {
    const time = this.timeOf(index, run)
    return time && wallClock.at(time)
  }

  /** What the device's own clock showed at a sample, ms; undefined where the device's node does not mark it. */
  deviceTimeOf(index: number, run?: number): Instant | undefined {
    const source = this.#find()
    return source?.clockOf(run ?? source.run)?.device.timeOf(index)
  }

  /** Samples per second of late, by the clock of this machine. */
  get rate(): MeasuredRate | undefined {
    const source = this.#find()
    const rate = source?.clockOf(source.run)?.pieces.rate
    if (rate === undefined || source?.offset === undefined) return rate
    const { offset } = this
    if (offset === undefined) return undefined
    const { hz, uncertainty } = rate
    // One of our seconds is as many more of theirs.
    return {
      hz: hz * (1 + offset.drift / 1e6),
      uncertainty: uncertainty + (hz * offset.driftUncertainty) / 1e6
    }
  }

  /** How the clock of the machine that measures stands against ours; undefined where it is the same machine. */
  get offset(): ClockOffsetStatus | undefined {
    return this.#find()?.offset?.at(monotonicNow())
  }
}

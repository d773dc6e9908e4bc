import { monotonicNow } from '../delivery/clock.ts'
import { report } from '../log.ts'
import type { Instant } from './ClockPieces.ts'
import { IntervalLine } from './IntervalLine.ts'

/** Where a wall clock reads the time; both in ms. */
export interface WallClockSource {
  readonly monotonic: () => number
  /** Unix time in whole ms. */
  readonly wall: () => number
}

/** ms between two looks. */
const INTERVAL = 1000
/** ms of looks that are looked back upon. */
const SPAN = 16_000
/** A clock that is being set gently runs this much faster or slower at most (adjtime). */
const MOST_DRIFT = 500e-6
/** Looks at both clocks in a row until the wall clock's next ms begins. */
const LOOKS = 100_000
/** Steps that are remembered. */
const STEPS = 100

/** The wall clock as it was until it was set. */
interface Epoch {
  /** Monotonic time of the last look before the step, and of the first one after it. */
  readonly until: number
  readonly next: number
  readonly offset: number
  readonly uncertainty: number
  /** ms that the clock was set forward. */
  readonly step: number
}

/**
 * Unix time of monotonic times of this machine. The wall clock may be set while the program runs: then what was before is
 * still told by the clock as it was, a warning says so, and monotonic times do not change.
 */
export class WallClock {
  readonly #source: WallClockSource
  readonly #now: IntervalLine = new IntervalLine({ span: SPAN, slopes: [-MOST_DRIFT, MOST_DRIFT], wander: 0 })
  readonly #epochs: Epoch[] = []
  #latest = 0
  #timer: NodeJS.Timeout | undefined

  constructor(source: WallClockSource = { monotonic: monotonicNow, wall: () => Date.now() }) {
    this.#source = source
  }

  /** Looks once a second from now on; the timer does not keep the process alive. Safe to call twice. */
  start(): void {
    if (this.#timer) return
    this.#lookSharply()
    this.#timer = setInterval(() => this.look(), INTERVAL).unref()
  }

  /** Compares the clocks. @returns the ms that the wall clock was set forward since the look before; 0 if it was not. */
  look(): number {
    const before = this.#source.monotonic()
    const wall = this.#source.wall()
    const after = this.#source.monotonic()
    const [x, low, high] = [(before + after) / 2, wall - after, wall + 1 - before]
    const expected = this.#now.at(x)
    const latest = this.#latest
    this.#latest = x
    const last = this.#now.at(latest)
    if (this.#now.add({ x, low, high }) || expected === undefined || last === undefined) return 0
    const step = (low + high) / 2 - expected.value
    this.#epochs.push({ until: latest, next: x, offset: last.value, uncertainty: last.uncertainty, step })
    if (this.#epochs.length > STEPS) this.#epochs.shift()
    const way = step > 0 ? 'forward' : 'back'
    report('warning', `the wall clock was set ${way} by ${Math.abs(step).toFixed(0)} ms; sample times do not change`)
    this.#lookSharply()
    return step
  }

  /** The wall clock shows whole ms: when it goes on to the next one, the time is known to the microsecond. */
  #lookSharply(): void {
    const { monotonic, wall } = this.#source
    const first = wall()
    let before = monotonic()
    for (let i = 0; i < LOOKS; i++) {
      const now = wall()
      const after = monotonic()
      if (now === first + 1) {
        this.#now.add({ x: after, low: now - after, high: now - before })
        this.#latest = after
        return
      }
      if (now !== first) return
      before = after
    }
  }

  /** Unix time, ms, of a monotonic time of this machine; undefined before the first look. */
  at({ time, uncertainty }: Instant): Instant | undefined {
    const epoch = this.#epochs.find(({ next }) => time < next)
    if (epoch) {
      // It was set at some moment between the two looks.
      const unsure = time > epoch.until ? Math.abs(epoch.step) : 0
      const drift = Math.abs(epoch.until - time) * MOST_DRIFT
      return { time: time + epoch.offset, uncertainty: uncertainty + epoch.uncertainty + unsure + drift }
    }
    const offset = this.#now.at(time)
    return offset && { time: time + offset.value, uncertainty: uncertainty + offset.uncertainty }
  }
}

/** The wall clock of this machine. */
export const wallClock = new WallClock()

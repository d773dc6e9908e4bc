import { LeastDelay } from '../../devices/LeastDelay.ts'
import type { SampleBatch } from '../wire/SampleBatch.ts'
import { StampLine } from './StampLine.ts'

/** Samples `[from, to)` of a batch follow each other; the first of them has this number. */
export interface PlacedSamples {
  readonly batch: SampleBatch
  readonly from: number
  readonly to: number
  readonly index: number
}

/** What a track noticed. */
export interface StampCounts {
  /** Samples that are missing by their stamps, and the gaps that they make. */
  lostSamples: number
  gaps: number
  /** Times that the stamps jumped without a loss: the clock of the outlet was set, or another one counts. */
  stampJumps: number
}

/** The stamps since samples are held, and when that began. */
interface Doubt {
  /** The first sample that is held. */
  readonly at: number
  readonly arrival: number
  least: number
  count: number
}

/** s within which it shows whether a late stamp was a loss: then all that follow are late too. */
const WINDOW = 0.25
/** s that samples are held at most, while no others come. */
const PATIENCE = 1
/** Stamps that have to agree in it. */
const FEWEST = 3
/** Stamps that have to have come exactly on time for the next to be believed at once. */
const EXACT_ROW = 16
/** s that exact stamps differ by: they are reckoned, and no readings of a clock. */
const EXACT = 2e-6
/** Samples that a loss is at least. */
const LEAST = 0.5
/** s by which stamps and the clock of arrival may differ over a new connection, or run ahead of it otherwise. */
const AGREEMENT = 2
const LEAD = 0.25

/**
 * Numbers the samples of a stream by its nominal rate, so that what is missing shows. LSL counts nothing: only the stamps tell.
 *
 *   stamp │            ┌ a loss: all stamps are later from here on
 *         │        ×  ×│×  ×
 *         │   ×        │            × stamps that are only late: the next are not
 *         │×    ×  ×   ╱
 *         └──────────────── samples
 *
 * Samples behind a late stamp are held for a quarter of a second, until it shows which of the two it was; where stamps have been exact
 * there is nothing to wait for. How much later all of them are is what was lost.
 */
export class StampTrack {
  readonly counts: StampCounts = { lostSamples: 0, gaps: 0, stampJumps: 0 }
  readonly #rate: number
  readonly #emit: (placed: PlacedSamples) => void
  readonly #line: StampLine
  #usual = new LeastDelay()
  #index = 0
  #held: PlacedSamples[] = []
  #doubt: Doubt | undefined
  #exactRow = 0
  #lastArrival = 0
  #hasBegunAnew = false

  /** @param rate Hz, above 0; @param emit takes the samples in order */
  constructor(rate: number, emit: (placed: PlacedSamples) => void) {
    this.#rate = rate
    this.#emit = emit
    this.#line = new StampLine(rate)
  }

  /** The stream was connected anew: what was missed, the next stamp tells, if it is by the same clock. */
  beginAnew(): void {
    this.finish()
    if (this.#line.isKnown) this.#hasBegunAnew = true
  }

  /** @param arrival s on a monotonic clock */
  take(batch: SampleBatch, arrival: number): void {
    let from = 0
    for (let k = 0; k < batch.count; k++) {
      const stamp = batch.stamps[k]!
      if (batch.isStamped[k] === 0 || !Number.isFinite(stamp)) continue
      const found = this.#lookAt(this.#index + k - from, stamp, arrival)
      if (found === 0) continue
      this.#pass(batch, from, k)
      from = k
      if (typeof found === 'number') this.#skip(found)
      else this.#doubt = found
    }
    this.#pass(batch, from, batch.count)
    this.#lastArrival = arrival
  }

  /** Time has gone by: what has been held for long goes out, also when nothing more comes. */
  settle(arrival: number): void {
    if (this.#doubt !== undefined && arrival - this.#doubt.arrival > PATIENCE) this.#decide()
  }

  /** Nothing more comes: what is held goes out. */
  finish(): void {
    if (this.#doubt !== undefined) this.#decide()
  }

  #pass(batch: SampleBatch, from: number, to: number): void {
    if (from === to) return
    const placed = { batch, from, to, index: this.#index }
    this.#index += to - from
    if (this.#doubt === undefined) this.#emit(placed)
    else this.#held.push(placed)
  }

  #skip(lost: number): void {
    this.#index += lost
    this.counts.lostSamples += lost
    this.counts.gaps += 1
  }

  /** Samples that are missing for certain before sample `at`, or a doubt that begins with it. */
  #lookAt(at: number, stamp: number, arrival: number): number | Doubt {
    if (!this.#line.isKnown) {
      this.#line.begin(at, stamp)
      this.#usual.note(arrival - stamp, arrival)
      return 0
    }
    const late = stamp - this.#line.stampOf(at)
    if (this.#hasBegunAnew) return this.#rejoin(at, stamp, arrival)
    const lead = this.#usual.least - (arrival - stamp)
    if (lead > LEAD + this.#line.spread || late < -AGREEMENT) return this.#jump(at, stamp, arrival)
    this.#usual.note(arrival - stamp, arrival)
    if (this.#doubt !== undefined && !this.#isOtherStep(this.#doubt, late)) {
      this.#weigh(at, late)
      return 0
    }
    // Of two steps after each other each is looked at for itself.
    if (this.#doubt !== undefined) {
      const before = this.#index
      this.#decide()
      return this.#lookAt(at + this.#index - before, stamp, arrival)
    }
    if (this.#exactRow >= EXACT_ROW && late > LEAST / this.#rate) {
      const lost = Math.round(late / this.#line.period)
      this.#line.begin(at + lost, stamp)
      return lost
    }
    if (late <= this.#line.tolerance + LEAST / this.#rate) {
      this.#line.note(at, stamp)
      this.#exactRow = Math.abs(late) < EXACT ? this.#exactRow + 1 : 0
      return 0
    }
    this.#exactRow = 0
    return { at, arrival, least: late, count: 1 }
  }

  #isOtherStep({ least }: Doubt, late: number): boolean {
    const { tolerance, spread } = this.#line
    return late > least + tolerance + spread + LEAST / this.#rate
  }

  #weigh(at: number, late: number): void {
    const doubt = this.#doubt!
    doubt.least = Math.min(doubt.least, late)
    doubt.count += 1
    const isOver = doubt.least <= this.#line.tolerance
    const isWhole = at - doubt.at >= WINDOW * this.#rate && doubt.count >= FEWEST
    if (isOver || isWhole) this.#decide(isWhole)
  }

  /** Whether what is held comes behind a loss, and how large it is. */
  #decide(isWhole = false): void {
    const { least } = this.#doubt!
    const { tolerance, spread } = this.#line
    // Of a few stamps all may be late by chance, unless they are later than any before.
    const limit = tolerance + (isWhole ? LEAST / this.#rate : 2 * spread + WINDOW)
    const isLoss = least > limit
    const lost = isLoss ? Math.round(least / this.#line.period) : 0
    this.#doubt = undefined
    if (lost > 0) {
      this.#skip(lost)
      this.#line.move(lost, least)
    }
    for (const placed of this.#held) this.#emit({ ...placed, index: placed.index + lost })
    for (const { batch, from, to, index } of this.#held) {
      for (let k = from; k < to; k++) {
        if (batch.isStamped[k] === 1) this.#line.note(index + lost + k - from, batch.stamps[k]!)
      }
    }
    this.#held = []
  }

  /** The stamps are by another clock from here on: nothing is known to be lost. */
  #jump(at: number, stamp: number, arrival: number): number {
    this.finish()
    this.counts.stampJumps += 1
    this.#line.begin(at, stamp)
    this.#restartDelay(arrival, stamp)
    return 0
  }

  #rejoin(at: number, stamp: number, arrival: number): number {
    this.#hasBegunAnew = false
    const byStamp = stamp - this.#line.stampOf(at)
    const byArrival = arrival - this.#lastArrival
    const isSameClock = Math.abs(byStamp - byArrival) < AGREEMENT + this.#line.spread
    if (!isSameClock) this.counts.stampJumps += 1
    const lost = Math.max(0, Math.round((isSameClock ? byStamp : byArrival) / this.#line.period))
    this.#line.begin(at + lost, stamp)
    if (!isSameClock) this.#restartDelay(arrival, stamp)
    return lost
  }

  #restartDelay(arrival: number, stamp: number): void {
    this.#usual = new LeastDelay()
    this.#usual.note(arrival - stamp, arrival)
  }
}

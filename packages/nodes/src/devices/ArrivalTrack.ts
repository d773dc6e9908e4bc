import { LeastDelay } from './LeastDelay.ts'

/** What is known of a source that counts its samples, and whose samples have no times of their own. */
export interface ArrivalTrackOptions {
  /** Hz. */
  readonly rate: number
  /** The counter goes from 0 to this number less one, and begins again. */
  readonly modulus: number
}

/** What a track noticed, in samples. */
export interface ArrivalCounts {
  /** Samples that came twice. */
  duplicates: number
  /** Times that the source began to count anew. */
  restarts: number
}

interface Held<T> {
  readonly index: number
  readonly sample: T
}

/** s of samples within which the one that came with the least delay is looked for. */
const WINDOW = 0.05
/** s that samples are held at most. */
const PATIENCE = 2

/**
 * Numbers the samples of a source by its wrapping counter and by when they arrive, so that what is missing shows.
 *
 * A counter cannot tell the loss of whole cycles. The clock can: after such a loss, samples are fewer than the time that
 * went by. But after a pause on the way (a busy radio, a full buffer) they are too, until the burst that follows is over.
 * Therefore samples that follow a pause of more than half a cycle are held until their delay settles, some tens of
 * milliseconds; how far it then lies above the usual delay is what was lost.
 */
export class ArrivalTrack<T> {
  readonly counts: ArrivalCounts = { duplicates: 0, restarts: 0 }
  readonly #options: ArrivalTrackOptions
  readonly #emit: (index: number, sample: T) => void
  readonly #usual = new LeastDelay()
  #held: Held<T>[] = []
  /** s at which the pause ended, and the least delay in samples of the windows since then. */
  #pause = { end: 0, windowEnd: 0, least: Infinity, before: Infinity, indexBefore: -1 }
  #isHolding = false
  #hasBegunAnew = false
  #counter = -1
  #index = -1
  #time = 0

  /** @param emit takes each sample with its number, from 0, in order */
  constructor(options: ArrivalTrackOptions, emit: (index: number, sample: T) => void) {
    this.#options = options
    this.#emit = emit
  }

  /** The source was connected anew: its counter says nothing about what was missed, the clock does. */
  beginAnew(): void {
    if (this.#index >= 0) this.#hasBegunAnew = true
  }

  /** @param time s on a monotonic clock, when this sample arrived */
  take(counter: number, time: number, sample: T): void {
    if (this.#index < 0) {
      this.#pass({ counter, time, step: 1 }, sample)
      return
    }
    if (this.#hasBegunAnew) {
      this.#release(0)
      this.#hasBegunAnew = false
      this.#pass({ counter, time, step: this.#stepByClock(time) }, sample)
      return
    }
    const { rate, modulus } = this.#options
    const elapsed = (time - this.#time) * rate
    const isAfterPause = elapsed > modulus / 2
    const step = (((counter - this.#counter) % modulus) + modulus) % modulus
    if (step === 0 && !isAfterPause) {
      this.counts.duplicates += 1
      return
    }
    // Samples never come before their time: such a step is no loss.
    if (step > 1 && !isAfterPause && this.#delay(time, step) < this.#usual.least - Math.max(modulus / 4, rate / 20)) {
      this.counts.restarts += 1
      this.#pass({ counter, time, step: elapsed < 2.5 ? 1 : this.#stepByClock(time) }, sample)
      return
    }
    if (isAfterPause && !this.#isHolding) this.#hold(time)
    this.#pass({ counter, time, step }, sample)
  }

  /** The run ends: what is held goes out. */
  finish(): void {
    if (this.#isHolding) this.#decide(Math.min(this.#pause.least, this.#pause.before))
  }

  #pass({ counter, time, step }: { counter: number; time: number; step: number }, sample: T): void {
    this.#counter = counter
    this.#time = time
    this.#index += step
    const delay = this.#delay(time, 0)
    if (!this.#isHolding) {
      this.#usual.note(delay, time)
      this.#emit(this.#index, sample)
      return
    }
    this.#lookAt(delay, time)
    if (this.#isHolding) this.#held.push({ index: this.#index, sample })
    else this.#emit(this.#index, sample)
  }

  /** Samples that this one is late, if it is `step` after the newest; only differences of it mean something. */
  #delay(time: number, step: number): number {
    return time * this.#options.rate - (this.#index + step)
  }

  #stepByClock(time: number): number {
    return Math.max(1, Math.round(this.#delay(time, 0) - this.#usual.least))
  }

  #hold(time: number): void {
    this.#isHolding = true
    const indexBefore = this.#index
    this.#pause = { end: time, windowEnd: time + WINDOW, least: Infinity, before: Infinity, indexBefore }
  }

  /** Ends the hold once a window was not shorter of delay than the one before it. */
  #lookAt(delay: number, time: number): void {
    const pause = this.#pause
    if (time >= pause.windowEnd) {
      const isSettled = pause.least !== Infinity && Math.abs(pause.before - pause.least) < this.#options.modulus / 8
      if (isSettled || time - pause.end > PATIENCE) {
        this.#decide(Math.min(pause.least, pause.before))
        return
      }
      if (pause.least !== Infinity) pause.before = pause.least
      pause.least = Infinity
      pause.windowEnd = time + WINDOW
    }
    pause.least = Math.min(pause.least, delay)
  }

  #decide(delay: number): void {
    const { modulus } = this.#options
    this.#release(Math.max(0, Math.round((delay - this.#usual.least) / modulus)) * modulus)
  }

  #release(lost: number): void {
    const held = this.#held
    this.#held = []
    this.#isHolding = false
    this.#index += lost
    for (const { index, sample } of held) {
      if (index + lost > this.#pause.indexBefore) this.#emit(index + lost, sample)
      else this.counts.duplicates += 1
    }
  }
}

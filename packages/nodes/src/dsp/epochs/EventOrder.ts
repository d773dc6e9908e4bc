import type { StreamEvent } from '@nodeacq/stream'

/**
 * Keeps events of the next run until the signal that they lie in has begun it. Both begin a run when their device starts
 * again, but come on ways of their own. Events whose source alone began anew go on from where they were: they need not wait.
 */
export class EventOrder {
  readonly #ahead: StreamEvent[] = []
  #run: number | undefined
  /** Runs that the events have begun more than the signal. */
  #lead = 0
  /** The last position in the run of the signal. */
  #newest = -Infinity

  /** Events that wait for the signal to begin its next run. */
  get waiting(): number {
    return this.#ahead.length
  }

  /** Those of the events that lie in the signal as it comes now. */
  due(events: readonly StreamEvent[], run: number): StreamEvent[] {
    if (this.#run !== undefined && run !== this.#run) this.#lead += 1
    this.#run = run
    const due: StreamEvent[] = []
    for (const event of events) {
      if (this.#ahead.length > 0 || (this.#lead > 0 && event.index <= this.#newest)) this.#ahead.push(event)
      else {
        due.push(event)
        // Positions that go on are of the signal as it comes now.
        this.#lead = Math.min(this.#lead, 0)
        this.#newest = Math.max(this.#newest, event.index)
      }
    }
    return due
  }

  /** The signal has begun its next run. @returns the events that waited for it */
  startSignalRun(): StreamEvent[] {
    const events = this.#ahead.splice(0)
    this.#lead -= 1
    this.#newest = events.reduce((newest, { index }) => Math.max(newest, index), -Infinity)
    return events
  }
}

import { LineFit } from './LineFit.ts'

/** ms of signal of which only the chunk that came soonest counts. */
const BIN = 250

/** How far one clock runs from another, by what comes over a way that sometimes takes longer. */
export interface Drift {
  /** How much faster the receiving clock runs, in parts per million. */
  readonly driftPpm: number
  /** Standard error of `driftPpm`. */
  readonly uncertaintyPpm: number
}

/**
 * Compares the rate of a source with the clock of this machine. Chunks come late by chance but never early, so of each
 * quarter of a second only the one that was the least late counts, and the drift is the slope through those.
 */
export class DriftMeter {
  readonly #fit = new LineFit()
  #bin = -Infinity
  #least = { at: 0, late: Infinity }

  /** @param at ms of the signal, by the sample count @param arrival ms on the clock of this machine */
  add(at: number, arrival: number): void {
    const bin = Math.floor(at / BIN)
    if (bin !== this.#bin) {
      if (this.#least.late < Infinity) this.#fit.add(this.#least.at, this.#least.late)
      this.#bin = bin
      this.#least = { at, late: Infinity }
    }
    if (arrival - at < this.#least.late) this.#least = { at, late: arrival - at }
  }

  /** Null before there are three quarters of a second. */
  get drift(): Drift | null {
    const line = this.#fit.line
    return line && { driftPpm: line.slope * 1e6, uncertaintyPpm: line.slopeError * 1e6 }
  }
}

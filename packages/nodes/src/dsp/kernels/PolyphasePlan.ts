import { FilterError } from '../../errors.ts'

/**
 * Which taps meet which rows when a signal is resampled by up/down, and where the next output row is:
 *
 *   output row m stands at position m · down of the input with up − 1 zeros after each row;
 *   its taps are those of phase (m · down) mod up, its newest row is floor(m · down / up)
 */
export class PolyphasePlan {
  readonly up: number
  readonly down: number
  /** Taps of each phase, phase after phase, the one for the newest row first; filled up with zeros. */
  readonly phases: Float64Array
  /** Taps per phase. */
  readonly phaseLength: number
  /** Rows of the past that an output row may need. */
  readonly historyRows: number
  /** Position of the next output row, counted from the first row of the next chunk. */
  #first = 0

  /** @throws FilterError when there are no taps or one is not finite, or `up` or `down` is no positive integer */
  constructor(taps: ArrayLike<number>, { up = 1, down = 1 }: { up?: number; down?: number }) {
    for (const [name, value] of Object.entries({ up, down })) {
      if (!Number.isSafeInteger(value) || value < 1) throw new FilterError(name, 'a positive integer', `${value}`)
    }
    if (taps.length === 0) throw new FilterError('taps', 'at least one', 'none')
    const bad = Array.from(taps).findIndex((tap) => !Number.isFinite(tap))
    if (bad !== -1) throw new FilterError(`taps[${bad}]`, 'a finite number', `${taps[bad]}`)
    this.up = up
    this.down = down
    this.phaseLength = Math.ceil(taps.length / up)
    this.historyRows = this.phaseLength - 1
    this.phases = new Float64Array(up * this.phaseLength)
    for (let k = 0; k < taps.length; k++) {
      this.phases[(k % up) * this.phaseLength + Math.floor(k / up)] = taps[k]!
    }
  }

  /** Position of the next output row among `up` per input row, counted from the first row of the next block. */
  get first(): number {
    return this.#first
  }

  /** Output rows whose newest input row is among the next `inputRows`. */
  outputRows(inputRows: number): number {
    return Math.max(0, Math.ceil((inputRows * this.up - this.#first) / this.down))
  }

  advance(inputRows: number): void {
    this.#first += this.outputRows(inputRows) * this.down - inputRows * this.up
  }

  reset(): void {
    this.#first = 0
  }
}

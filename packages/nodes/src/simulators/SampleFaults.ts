import { numberOf, type Fault } from './faults.ts'

/** Faults of any source that counts its samples, or its packets. */
export const SAMPLE_FAULTS = {
  lose: 'lose the next =<n> samples (default 1); the counter goes on',
  duplicate: 'send the next =<n> samples twice (default 1)',
  jump: 'let the counter jump by =<n> (default 50) while no sample is lost',
  silence: 'lose all samples for =<s> (default 1); the counter goes on',
  rate: 'make samples =<factor> times as fast as said (default 0.5; 1 ends it)'
} as const

/** What happens to a sample: it is lost, or sent so many times. */
export type Fate = 0 | 1 | 2

/** What goes wrong with the samples of a source, before they are encoded. */
export class SampleFaults {
  /** By how much the counter of the source is ahead of its samples. */
  counterOffset = 0
  /** Samples that are made for each that should be. */
  rateFactor = 1
  #toLose = 0
  #toRepeat = 0
  #silentUntil = -Infinity

  /** Whether the fault is one of these, and now happens. */
  inject(fault: Fault): boolean {
    switch (fault.kind) {
      case 'lose':
        this.#toLose += numberOf(fault, 1)
        return true
      case 'duplicate':
        this.#toRepeat += numberOf(fault, 1)
        return true
      case 'jump':
        this.counterOffset += numberOf(fault, 50)
        return true
      case 'silence':
        this.#silentUntil = performance.now() + numberOf(fault, 1) * 1000
        return true
      case 'rate':
        this.rateFactor = numberOf(fault, 0.5)
        return true
      default:
        return false
    }
  }

  /** Of the next sample, in order. */
  next(): Fate {
    if (performance.now() < this.#silentUntil) return 0
    if (this.#toLose > 0) {
      this.#toLose -= 1
      return 0
    }
    if (this.#toRepeat === 0) return 1
    this.#toRepeat -= 1
    return 2
  }
}

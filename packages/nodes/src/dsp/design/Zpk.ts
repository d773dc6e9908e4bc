import type { Complex } from './complex.ts'

/** A filter as zeros, poles and gain: H(x) = gain · Π (x − zero) / Π (x − pole), with x = s (analog) or z (digital). */
export interface Zpk {
  readonly zeros: readonly Complex[]
  readonly poles: readonly Complex[]
  readonly gain: number
}

import type { NdArray } from '@nodeacq/ndarray'
import { designFilter, type RatedDesign } from './designFilter.ts'

/** What a filter of one type takes. */
type DesignOf<Type extends RatedDesign['type']> = Omit<Extract<RatedDesign, { type: Type }>, 'type'>

/**
 * Butterworth filter as second-order sections: flat in the pass band, −3 dB at the edges.
 *
 * @example
 * butter({ order: 4, band: 'highpass', frequencies: 300, sampleRate: 30000 })
 * @throws FilterError as {@link designFilter}, for this and the others
 */
export function butter(design: DesignOf<'butter'>): NdArray {
  return designFilter({ ...design, type: 'butter' })
}

/** Chebyshev type I as second-order sections: steeper, with `ripple` dB in the pass band, which ends at the edges. */
export function cheby1(design: DesignOf<'cheby1'>): NdArray {
  return designFilter({ ...design, type: 'cheby1' })
}

/** Chebyshev type II as second-order sections: flat pass band; the stop band, `attenuation` dB down, begins at the edges. */
export function cheby2(design: DesignOf<'cheby2'>): NdArray {
  return designFilter({ ...design, type: 'cheby2' })
}

/** Elliptic filter as second-order sections: the steepest, with ripple in both bands; the pass band ends at the edges. */
export function ellip(design: DesignOf<'ellip'>): NdArray {
  return designFilter({ ...design, type: 'ellip' })
}

/** Bessel filter as second-order sections: hardly any overshoot; what its edges mean is said by `norm`. */
export function bessel(design: DesignOf<'bessel'>): NdArray {
  return designFilter({ ...design, type: 'bessel' })
}

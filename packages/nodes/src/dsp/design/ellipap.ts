import { FilterError } from '../../errors.ts'
import { type Complex, complex, conj, div, neg, product } from './complex.ts'
import { checkPositive } from './edges.ts'
import { arcSc, ellipdeg, ellipj, ellipk } from './elliptic.ts'
import { powerRatio } from './prototypes.ts'
import type { Zpk } from './Zpk.ts'

/** Numbers below this, relative to what they belong to, are zero. */
const NEGLIGIBLE = 2e-16

/**
 * Analog elliptic (Cauer) low-pass, its pass band ends at 1 rad/s: the steepest for an order, with ripple in both bands.
 * S. J. Orfanidis, Lecture Notes on Elliptic Filter Design, 2006; the order of poles is scipy's.
 * @param decibels ripple peak to peak in the pass band, and least attenuation in the stop band
 * @throws FilterError unless 0 < ripple < attenuation, or when the two are so far apart that float64 cannot tell
 */
export function ellipap(order: number, decibels: { ripple: number; attenuation: number }): Zpk {
  const { ripple, attenuation } = decibels
  checkPositive('ellip: ripple', ripple, 'dB')
  checkPositive('ellip: attenuation', attenuation, 'dB')
  if (ripple >= attenuation) {
    throw new FilterError('ellip: ripple', `less than the attenuation, ${attenuation} dB`, `${ripple} dB`)
  }
  const epsilonSquared = powerRatio(ripple)
  if (order === 1) {
    const pole = -Math.sqrt(1 / epsilonSquared)
    return { zeros: [], poles: [complex(pole)], gain: -pole }
  }
  const m1 = epsilonSquared / powerRatio(attenuation)
  const m = ellipdeg(order, m1)
  if (!(m1 > 0 && m < 1)) {
    const got = `ripple of ${ripple} dB and attenuation of ${attenuation} dB at order ${order}`
    throw new FilterError('ellip', 'ripple and attenuation that an elliptic filter can have', got)
  }
  const quarter = ellipk(m)
  const shift = (quarter * arcSc(1 / Math.sqrt(epsilonSquared), m1)) / (order * ellipk(m1))
  const other = ellipj(shift, 1 - m)
  const upperZeros: Complex[] = []
  const upperPoles: Complex[] = []
  for (let j = 1 - (order % 2); j < order; j += 2) {
    const { sn, cn, dn } = ellipj((j * quarter) / order, m)
    if (Math.abs(sn) > NEGLIGIBLE) upperZeros.push(complex(0, 1 / (Math.sqrt(m) * sn)))
    const denominator = 1 - (dn * other.sn) ** 2
    upperPoles.push(complex(-(cn * dn * other.sn * other.cn) / denominator, -(sn * other.dn) / denominator))
  }
  const zeros = [...upperZeros, ...upperZeros.map(conj)]
  const poles = [...upperPoles, ...upperPoles.filter(({ im }) => order % 2 === 0 || im !== 0).map(conj)]
  const gain = div(product(poles.map(neg)), product(zeros.map(neg))).re
  return { zeros, poles, gain: order % 2 === 0 ? gain / Math.sqrt(1 + epsilonSquared) : gain }
}

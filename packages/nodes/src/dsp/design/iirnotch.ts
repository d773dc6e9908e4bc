import { checkFrequency, checkPositive } from './edges.ts'
import { FilterError } from '../../errors.ts'

/** Coefficients of a filter as polynomials in z⁻¹, lowest power first: b over a. */
export interface Ba {
  readonly b: readonly number[]
  readonly a: readonly number[]
}

/** Centre and sharpness of a resonator. */
export interface ResonatorDesign {
  /** Centre in Hz. */
  readonly frequency: number
  /** Quality: centre divided by the width at −3 dB. Default 30. */
  readonly q?: number | undefined
  readonly sampleRate: number
}

/**
 * Second-order filter that removes one frequency. S. J. Orfanidis, Introduction to Signal Processing, 1996, section 11.3.
 * @throws FilterError when the frequency is not between 0 and Nyquist, or the quality too low for it
 */
export function iirnotch(design: ResonatorDesign): Ba {
  const { gain, a } = resonator('notch', design)
  return { b: [gain, a[1]!, gain], a }
}

/**
 * Second-order filter that lets one frequency through. The source and the errors are those of {@link iirnotch}.
 */
export function iirpeak(design: ResonatorDesign): Ba {
  const { gain, a } = resonator('peak', design)
  return { b: [1 - gain, 0, -(1 - gain)], a }
}

function resonator(subject: string, { frequency, q = 30, sampleRate }: ResonatorDesign): { gain: number; a: number[] } {
  checkFrequency(subject, frequency, sampleRate)
  checkPositive(`${subject}: q`, q, '')
  const centre = (2 * Math.PI * frequency) / sampleRate
  if (centre / q >= Math.PI) {
    throw new FilterError(
      `${subject}: q`,
      `more than ${centre / Math.PI}, or the notch is wider than all frequencies`,
      `${q}`
    )
  }
  const gain = 1 / (1 + Math.tan(centre / q / 2))
  return { gain, a: [1, -2 * gain * Math.cos(centre), 2 * gain - 1] }
}

import { FilterError } from '../../errors.ts'

/** Bands of a filter that is fitted, see {@link checkBands}. */
export interface FittedBand {
  /** First and last frequency of the band in Hz. */
  readonly from: number
  readonly to: number
  readonly weight: number
}

/** @throws FilterError unless the bands lie between 0 and Nyquist, in order, apart, and their weights are positive */
export function checkBands(subject: string, bands: readonly FittedBand[], sampleRate: number): void {
  if (bands.length === 0) throw new FilterError(`${subject}: bands`, 'at least one', 'none')
  let end = -Infinity
  for (const [k, { from, to, weight }] of bands.entries()) {
    const at = `${subject}: bands[${k}]`
    if (!(from >= 0 && from < to && to <= sampleRate / 2)) {
      const expected = `0 ≤ from < to ≤ Nyquist, ${sampleRate / 2} Hz at a sample rate of ${sampleRate} Hz`
      throw new FilterError(at, expected, `${from} Hz to ${to} Hz`)
    }
    if (from < end) throw new FilterError(at, `a start behind the band before it, ${end} Hz`, `${from} Hz`)
    if (!(weight > 0 && Number.isFinite(weight)))
      throw new FilterError(`${at}: weight`, 'a positive number', `${weight}`)
    end = to
  }
}

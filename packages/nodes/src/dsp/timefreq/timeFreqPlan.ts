import { FilterError } from '../../errors.ts'

/** What a time–frequency map shows. */
export interface TimeFreqOptions {
  /** Hz, of the signal. */
  readonly sampleRate: number
  /** Time that a map covers, s. */
  readonly duration: number
  /** First frequency, Hz. */
  readonly fStart: number
  /** Frequencies end below this one, Hz. */
  readonly fStop: number
  /** From one frequency to the next, Hz. */
  readonly deltaFreq: number
}

/** Sizes of the computation; frozen, so that it can go to a worker as it is. */
export interface TimeFreqPlan {
  /** One sample of so many is kept. */
  readonly decimation: number
  /** Samples of the decimated signal that are convolved, a power of two. */
  readonly length: number
  /** Samples of the signal that a map needs: `decimation · length`. */
  readonly segment: number
  /** Columns of the map in time. */
  readonly columns: number
  /** Hz, of the columns. */
  readonly columnRate: number
  /** Hz. */
  readonly frequencies: readonly number[]
}

/**
 * Plans a map as pyacq's QTimeFreq does: the signal is brought down to a little more than four times the highest
 * frequency, in a segment whose length is a power of two.
 *
 * Ported from initialize_time_freq in pyacq/viewers/qtimefreq.py.
 * @throws FilterError when a frequency is not below half the sample rate, or there is none
 */
export function timeFreqPlan(
  { sampleRate, duration, fStart, fStop, deltaFreq }: TimeFreqOptions,
  subject = 'time–frequency map'
): TimeFreqPlan {
  if (fStop <= fStart) throw new FilterError(subject, `'fStop' above 'fStart', ${fStart} Hz`, `${fStop} Hz`)
  const count = Math.ceil((fStop - fStart) / deltaFreq)
  const frequencies = Array.from({ length: count }, (_, k) => fStart + k * deltaFreq)
  const highest = frequencies.at(-1)!
  if (highest >= sampleRate / 2) {
    throw new FilterError(subject, `frequencies below ${sampleRate / 2} Hz (half the sample rate)`, `${highest} Hz`)
  }
  const wanted = Math.min(4 * fStop, sampleRate)
  const length = 2 ** Math.ceil(Math.log2(duration * wanted))
  const decimation = Math.max(1, Math.ceil((duration * sampleRate) / length))
  const columnRate = sampleRate / decimation
  const columns = Math.min(length, Math.floor(duration * columnRate))
  return { decimation, length, segment: decimation * length, columns, columnRate, frequencies }
}

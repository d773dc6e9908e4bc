import type { InputStream } from '@nodeacq/stream'
import { z } from 'zod'
import { FilterError } from '../../errors.ts'
import { getWindow } from '../design/windows.ts'
import { engineField } from '../filters/engineField.ts'
import type { SignalFormat } from '../filters/FilterNode.ts'
import { windowSchema } from '../filters/windowSchema.ts'
import { getEngine } from '../kernels/engines.ts'
import { WelchEstimate } from './WelchEstimate.ts'

/** Options that nodes with sliding spectra share. */
export const spectrumFields = {
  duration: z.number().positive().default(1).describe('length of a window, s; the resolution in Hz is its inverse'),
  overlap: z.number().min(0).max(0.99).default(0.5).describe('share of a window that the next one has too'),
  averages: z.number().int().min(1).max(1000).default(1).describe('windows whose mean is one estimate'),
  window: windowSchema.default('hann').describe('shape of the window'),
  detrend: z.boolean().default(true).describe('take the mean off each window'),
  ...engineField
}

type SpectrumChoice = z.infer<z.ZodObject<typeof spectrumFields>>

/** Rows of a window, and from one to the next. @throws FilterError when a window has fewer than two samples */
export function windowRows(
  { duration, overlap }: Pick<SpectrumChoice, 'duration' | 'overlap'>,
  { sampleRate }: SignalFormat,
  subject: string
): { window: number; hop: number } {
  const window = Math.round(duration * sampleRate)
  if (window < 2) {
    throw new FilterError(`${subject}: 'duration'`, `two samples or more at ${sampleRate} Hz`, `${duration} s`)
  }
  return { window, hop: Math.max(1, Math.round(window * (1 - overlap))) }
}

/** Welch's estimate as the options want it. */
export function welchEstimate(
  choice: SpectrumChoice,
  { window, sampleRate, scaling }: { window: number; sampleRate: number; scaling: 'density' | 'spectrum' }
): WelchEstimate {
  const weights = getWindow(choice.window, window)
  return new WelchEstimate(getEngine(choice.engine).rfft(window), {
    weights,
    sampleRate,
    scaling,
    detrend: choice.detrend
  })
}

/** Scales and offsets of the channels, so that powers are physical. */
export function calibrationOf(input: InputStream): { scales: readonly number[]; offsets: readonly number[] } {
  const { scale, offset } = input.info
  return { scales: [scale ?? 1].flat(), offsets: [offset ?? 0].flat() }
}

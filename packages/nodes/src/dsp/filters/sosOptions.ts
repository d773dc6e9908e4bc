import { ConfigError, ndArraySchema } from '@nodeacq/core'
import type { z } from 'zod'
import { FilterError } from '../../errors.ts'
import { designSos } from '../design/designFilter.ts'
import { filterDesignSchema } from '../design/filterDesign.ts'
import { engineField } from './engineField.ts'
import { parseSosCoefficients, type SosTable } from '../sosCoefficients.ts'
import type { SignalFormat } from './FilterNode.ts'
import { onGapSchema } from './GapPolicy.ts'
import { steadyGains } from './outputSignal.ts'

/** Options that filters by second-order sections share. */
export const sosFilterFields = {
  coefficients: ndArraySchema({ dtype: 'float64' })
    .nullish()
    .describe(
      "second-order sections b0 b1 b2 a0 a1 a2, (sections, 6) for all channels or (channels, sections, 6); scipy's output='sos'"
    ),
  design: filterDesignSchema
    .nullish()
    .describe("the filter in words instead, e.g. { type: 'butter', order: 4, band: 'bandpass', frequencies: [1, 40] }"),
  ...engineField,
  onGap: onGapSchema
}

/** What the options of a filter say about its coefficients. */
export interface SosChoice {
  readonly coefficients?: unknown
  readonly design?: z.infer<typeof filterDesignSchema> | null | undefined
}

/**
 * The sections that are asked for.
 * @throws ConfigError when none are, or two kinds. @throws FilterError when they do not suit the signal
 */
export function sosTableOf(choice: SosChoice, { sampleRate, channels }: SignalFormat, subject: string): SosTable {
  const { coefficients, design } = choice
  if (coefficients != null && design != null) {
    throw new ConfigError(subject, ["expected 'coefficients' or 'design', got both"])
  }
  if (design != null) return parseSosCoefficients(designSos(design, sampleRate))
  if (coefficients == null) {
    throw new ConfigError(subject, ["'coefficients': expected second-order sections, or a 'design', got none of them"])
  }
  const table = parseSosCoefficients(coefficients)
  const count = table.tables.length
  if (count !== 1 && count !== channels) {
    throw new FilterError(subject, `coefficients for each of ${channels} channels`, `for ${count}`)
  }
  return table
}

/** Gain at 0 Hz of each channel, or of all; 1 while nothing was asked for. */
export function steadyGainsOf(choice: SosChoice, format: SignalFormat, subject: string): readonly number[] {
  const isGiven = choice.coefficients != null || choice.design != null
  return isGiven ? steadyGains(sosTableOf(choice, format, subject)) : [1]
}

import { ConfigError } from '@nodeacq/core'
import { z } from 'zod'
import { firwin } from '../design/firwin.ts'
import { windowSchema } from './windowSchema.ts'

/** A linear-phase filter in words, for firwin. */
export const firDesignSchema = z.strictObject({
  taps: z
    .number()
    .int()
    .min(1)
    .describe('length of the impulse response; odd, unless there is to be no gain at Nyquist'),
  band: z.enum(['lowpass', 'highpass', 'bandpass', 'bandstop']),
  frequencies: z.union([z.number(), z.array(z.number()).min(1)]).describe('edges in Hz, where the gain is a half'),
  window: windowSchema.default('hamming')
})

/** The option `alignment` of filters that lag by a known time. */
export const alignmentField = {
  alignment: z
    .enum(['centred', 'causal'])
    .default('centred')
    .describe(
      "'centred': samples bear the indexes of those they were made from, and come late; 'causal': they bear the index of the newest sample " +
        'that they were made from, and lag by the delay of the filter'
    )
}

/** What the options of a filter say about its impulse response. */
export interface TapsChoice {
  readonly taps?: readonly number[] | null | undefined
  readonly design?: z.infer<typeof firDesignSchema> | null | undefined
}

/** The impulse response that is asked for. @throws ConfigError when none is, or two. @throws FilterError */
export function tapsOf({ taps, design }: TapsChoice, sampleRate: number, subject: string): readonly number[] {
  if ((taps == null) === (design == null)) {
    const got = taps == null ? 'none of them' : 'both'
    throw new ConfigError(subject, [`expected 'taps' or 'design', got ${got}`])
  }
  return taps ?? [...firwin({ ...design!, sampleRate })]
}

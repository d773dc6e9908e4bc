import { z } from 'zod'

const order = z
  .number()
  .int()
  .describe('order of the prototype, 1 or more; band-pass and band-stop have twice as many poles')
const band = z
  .union([z.enum(['lowpass', 'highpass', 'bandpass', 'bandstop']), z.tuple([z.number(), z.number()])])
  .describe("'lowpass', 'highpass', 'bandpass', 'bandstop', or the two edges of a band-pass in Hz")
const frequencies = z
  .union([z.number(), z.tuple([z.number()]), z.tuple([z.number(), z.number()])])
  .optional()
  .describe('edge in Hz, or both edges of a band; left out when band has them')
const ripple = z.number().describe('peak to peak in the pass band, dB')
const attenuation = z.number().describe('least in the stop band, dB')
const frequency = z.number().describe('centre, Hz')
const q = z.number().default(30).describe('quality: centre divided by the width at −3 dB')

const bandFields = { order, band, frequencies }

/**
 * A filter as a user asks for it, e.g. `{ type: 'butter', order: 4, band: 'bandpass', frequencies: [1, 40] }` or
 * `{ type: 'notch', frequency: 50, q: 30 }`: the option `design` of nodes. The sample rate comes from the stream.
 */
export const filterDesignSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('butter'), ...bandFields }),
  z.strictObject({ type: z.literal('cheby1'), ...bandFields, ripple }),
  z.strictObject({ type: z.literal('cheby2'), ...bandFields, attenuation }),
  z.strictObject({ type: z.literal('ellip'), ...bandFields, ripple, attenuation }),
  z.strictObject({
    type: z.literal('bessel'),
    ...bandFields,
    norm: z
      .enum(['phase', 'delay', 'mag'])
      .default('phase')
      .describe(
        "what the edge means: 'phase' halfway of the phase, 'mag' −3 dB, 'delay' a delay of 1 / edge (in rad/s)"
      )
  }),
  z.strictObject({ type: z.literal('notch'), frequency, q }),
  z.strictObject({ type: z.literal('peak'), frequency, q }),
  z.strictObject({ type: z.literal('comb'), frequency, q })
])

/** {@link filterDesignSchema} as it is written, defaults left out. */
export type FilterDesign = z.input<typeof filterDesignSchema>

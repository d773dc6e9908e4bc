import { z } from 'zod'
import { WINDOWS } from '../design/windows.ts'

/** The shape of a window: a name, or one with its parameter. */
export const windowSchema = z
  .union([
    z.enum(WINDOWS),
    z.strictObject({ type: z.literal('kaiser'), beta: z.number() }),
    z.strictObject({ type: z.literal('tukey'), alpha: z.number() }),
    z.strictObject({ type: z.literal('gaussian'), std: z.number() })
  ])
  .describe("shape of the window, e.g. 'hann' or { type: 'kaiser', beta: 14 }")

import { z } from 'zod'

const limits = z
  .union([
    z.tuple([z.number(), z.number()]).transform(([min, max]) => ({ min, max })),
    z.strictObject({ min: z.number(), max: z.number() })
  ])
  .refine(({ min, max }) => min < max, 'expected the smaller limit first')

/** A part of the head, where spaces divide. */
const word = z
  .string()
  .min(1)
  .max(40)
  .regex(/^[\x20-\x7e]+$/, 'expected printable ASCII')
  .transform((text) => text.trim().replaceAll(' ', '_'))

export const edfOptions = z.strictObject({
  range: z
    .union([limits, z.record(z.string(), limits)])
    .optional()
    .describe('[least, greatest] value in the unit of the channels, or such limits by the name of a channel'),
  annotationBytes: z
    .number()
    .int()
    .min(30)
    .max(100_000)
    .optional()
    .describe('room for annotations in each record; default 120, or what the events of the recording need'),
  patientCode: word.default('X').describe('who was recorded; default X, unknown'),
  sex: z.enum(['M', 'F', 'X']).default('X').describe('of who was recorded'),
  birthdate: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/, 'expected yyyy-mm-dd')
    .optional()
    .describe('of who was recorded, yyyy-mm-dd'),
  patientName: word.default('X'),
  admin: word.default('X').describe('code of the investigation'),
  technician: word.default('X'),
  equipment: word.default('nodeacq')
})

export type EdfOptions = z.infer<typeof edfOptions>

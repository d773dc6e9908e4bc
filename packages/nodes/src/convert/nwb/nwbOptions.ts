import { z } from 'zod'

/** One text, or a list of them. */
const texts = z.union([
  z
    .string()
    .min(1)
    .transform((text) => [text]),
  z.array(z.string().min(1)).min(1)
])
// A number on the command line is meant as the text it is.
const text = z.union([z.string().min(1), z.number().transform(String)])

const subject = z.strictObject({
  subject_id: text.describe('of the subject, within the laboratory'),
  species: text.optional().describe('Latin binomial, such as Homo sapiens or Mus musculus'),
  sex: z.enum(['M', 'F', 'U', 'O']).optional().describe('M male, F female, U unknown, O other'),
  age: z
    .string()
    .regex(
      /^P(?!$)(\d+(\.\d+)?[YMWD])*(T(?!$)(\d+(\.\d+)?[HMS])*)?(\/.*)?$/,
      'expected an ISO 8601 duration such as P30Y'
    )
    .optional()
    .describe('ISO 8601 duration, such as P30Y or P90D'),
  description: text.optional(),
  genotype: text.optional(),
  strain: text.optional(),
  weight: text.optional().describe('with its unit, such as 0.02 kg')
})

/** What a file of Neurodata Without Borders says of a recording beyond its samples, by the names of its schema. */
export const nwbOptionsSchema = z.strictObject({
  subject: subject.optional(),
  session_description: text.default('recorded by nodeacq').describe('what was done, in a sentence'),
  session_start_time: z.iso
    .datetime({ offset: true, message: 'expected a time with its zone, such as 2024-03-02T10:20:30+01:00' })
    .optional()
    .describe('with its zone, where the recording does not tell it, such as 2024-03-02T10:20:30+01:00'),
  session_id: text.optional(),
  identifier: text.optional().describe('of the file; by default a new UUID'),
  experimenter: texts.optional().describe("surname first: 'Doe, Jane'"),
  lab: text.optional(),
  institution: text.optional(),
  experiment_description: text.optional(),
  keywords: texts.optional(),
  notes: text.optional(),
  protocol: text.optional(),
  device: z
    .strictObject({
      name: text.default('amplifier'),
      description: text.default('the device that was recorded from'),
      manufacturer: text.optional()
    })
    .prefault({}),
  location: text.default('unknown').describe('of the electrodes, such as scalp or CA1'),
  timestamps: z
    .boolean()
    .default(false)
    .describe('one series per stream with the time of each sample, rather than one for each stretch without a gap'),
  compression: z.number().int().min(0).max(9).default(4).describe('of gzip; 0: none')
})

export type NwbOptions = z.infer<typeof nwbOptionsSchema>

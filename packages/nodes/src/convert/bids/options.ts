import { z } from 'zod'

/** Texts that look like numbers come as numbers from a command line. */
const textOr = (message: string) => z.union([z.string().min(1), z.number().transform(String)], message)
const text = textOr('expected a text')

/** Entities of names are letters and digits: anything else divides them. */
const label = (what: string) =>
  textOr(`expected it, such as ${what}=01`).refine(
    (value) => /^[0-9A-Za-z]+$/.test(value),
    'expected letters and digits only'
  )

/** Types of channels.tsv. */
export const CHANNEL_TYPES = [
  'ACCEL',
  'ADC',
  'ANGACCEL',
  'AUDIO',
  'DAC',
  'DBS',
  'ECG',
  'ECOG',
  'EEG',
  'EMG',
  'EOG',
  'EYEGAZE',
  'GSR',
  'GYRO',
  'HEOG',
  'HLU',
  'JNTANG',
  'LATENCY',
  'MAGN',
  'MISC',
  'ORNT',
  'OTHER',
  'PD',
  'POS',
  'PPG',
  'PUPIL',
  'REF',
  'RESP',
  'SEEG',
  'SYSCLOCK',
  'TEMP',
  'TRIG',
  'VEL',
  'VEOG'
] as const

export type ChannelType = (typeof CHANNEL_TYPES)[number]

const frequency = z.union(
  [z.literal('n/a'), z.coerce.number().positive()],
  'expected the frequency of the mains in Hz, powerLineFrequency=50 or 60, or n/a'
)

export const bidsOptions = z
  .strictObject({
    subject: label('subject'),
    session: label('session').optional(),
    task: label('task'),
    acquisition: label('acquisition').optional(),
    run: z.coerce.number().int().positive().optional(),
    datatype: z.enum(['eeg', 'ieeg', 'emg']).default('eeg'),
    format: z
      .enum(['brainvision', 'edf', 'bdf'])
      .optional()
      .describe('of the samples; default brainvision, bdf for emg, which has no other'),
    reference: textOr('expected the reference of the electrodes, such as reference=Cz, or n/a'),
    powerLineFrequency: frequency.describe('Hz, of the mains'),
    ground: text.optional(),
    placement: text.optional().describe('such as 10-20'),
    softwareFilters: text.default('n/a'),
    hardwareFilters: text.default('n/a'),
    manufacturer: text.optional(),
    model: text.optional(),
    serial: text.optional(),
    types: z
      .record(z.string(), z.enum(CHANNEL_TYPES))
      .default({})
      .describe('of channels by their names, where name and unit do not tell'),
    name: text.optional().describe('of a new dataset; default that of its folder'),
    authors: z
      .union([z.array(text), z.string().transform((names) => names.split(',').map((each) => each.trim()))])
      .optional(),
    license: text.optional(),
    age: z.coerce.number().positive().optional(),
    sex: z.enum(['F', 'M', 'O']).optional(),
    sourcedata: z
      .stringbool()
      .or(z.boolean())
      .default(true)
      .describe('whether the recording itself is copied into sourcedata')
  })
  .refine(({ datatype, format }) => datatype !== 'emg' || format !== 'brainvision', {
    message: 'expected edf or bdf for emg',
    path: ['format']
  })
  .refine(({ datatype, format }) => datatype !== 'ieeg' || format !== 'bdf', {
    message: 'expected brainvision or edf for ieeg',
    path: ['format']
  })

export type BidsOptions = z.infer<typeof bidsOptions>

/** Format of the samples. */
export function sampleFormat({ datatype, format }: BidsOptions): 'brainvision' | 'edf' | 'bdf' {
  return format ?? (datatype === 'emg' ? 'bdf' : 'brainvision')
}

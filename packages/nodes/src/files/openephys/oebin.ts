/** `structure.oebin`: what a recording of the Open Ephys GUI holds (binary format, GUI 0.5 and later). */
import { z } from 'zod'
import { RecordingFileError } from '../../errors.ts'
import { readJson } from '../readJson.ts'

/** A folder that is named in the file stays inside the recording. */
const folderName = z
  .string()
  .regex(/^[^\\\0]+$/, 'expected the name of a folder')
  .refine((name) => !name.startsWith('/') && !name.split('/').includes('..'), 'expected a folder of the recording')

const channel = z.object({
  channel_name: z.string(),
  description: z.string().optional(),
  bit_volts: z.number(),
  units: z.string().optional()
})

const continuous = z.object({
  folder_name: folderName,
  sample_rate: z.number().positive(),
  stream_name: z.string().optional(),
  source_processor_name: z.string().optional(),
  num_channels: z.int().positive(),
  channels: z.array(channel)
})

const eventChannel = z.object({
  folder_name: folderName,
  channel_name: z.string().optional(),
  sample_rate: z.number().optional(),
  type: z.string().optional(),
  stream_name: z.string().optional(),
  nodeacq_lines: z
    .array(z.object({ line: z.int(), label: z.string(), value: z.number(), moment: z.boolean() }))
    .optional()
    .describe('ours: what each line stands for')
})

const oebin = z.object({
  'GUI version': z.string().optional(),
  continuous: z.array(continuous).default([]),
  events: z.array(eventChannel).default([])
})

export type Oebin = z.infer<typeof oebin>
export type OebinContinuous = z.infer<typeof continuous>
export type OebinEvents = z.infer<typeof eventChannel>

/** @throws RecordingFileError naming the key */
export async function readOebin(path: string): Promise<Oebin> {
  const { data, error } = oebin.safeParse(await readJson(path))
  if (data === undefined) {
    const [issue] = error.issues
    throw new RecordingFileError(path, {
      where: `key '${issue!.path.join('.')}'`,
      expected: 'what Open Ephys writes',
      got: issue!.message
    })
  }
  for (const { folder_name: folder, num_channels: count, channels } of data.continuous) {
    if (channels.length === count) continue
    throw new RecordingFileError(path, {
      where: `stream '${folder}', key 'channels'`,
      expected: `${count} channels`,
      got: `${channels.length}`
    })
  }
  return data
}

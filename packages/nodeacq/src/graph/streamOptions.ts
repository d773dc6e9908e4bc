import type { OutputOptions } from '@nodeacq/stream'
import { z } from 'zod'
import { checkOptions } from './checkOptions.ts'
import type { MistakeList } from './mistakes.ts'
import { nearest } from './nearest.ts'
import type { Place } from './SourceText.ts'
import type { Tree } from './Tree.ts'

const dtype = z.union([z.string(), z.array(z.array(z.unknown()).min(2).max(3))])
const size = z.int().min(0)

/**
 * Options of `outputs: { name: … }`: what `OutputStream.configure` takes. Every other key is kept and travels with the
 * stream's params, as in pyacq.
 */
export const outputOptionsSchema = z.looseObject({
  protocol: z
    .enum(['tcp', 'ipc', 'inproc'])
    .optional()
    .describe('how chunks travel; ipc and inproc stay on one machine'),
  interface: z.string().optional().describe('interface to listen on; default: that of the host'),
  port: z
    .union([z.int().min(0).max(65_535), z.literal('*')])
    .optional()
    .describe('port to listen on; * = any that is free'),
  transferMode: z
    .enum(['plaindata', 'sharedmem', 'plaintext', 'sharedarray'])
    .optional()
    .describe('plaindata: over the socket; sharedmem: a ring in shared memory, on one machine')
    .meta({ pyacq: ['transfermode', 'transfertype'] }),
  streamType: z
    .string()
    .optional()
    .describe('analogsignal, digitalsignal, event, image …')
    .meta({ pyacq: 'streamtype' }),
  dtype: dtype.optional().describe('type of one element, by its numpy name'),
  shape: z
    .union([z.array(z.int()).min(1), z.int()])
    .optional()
    .describe('shape of a chunk; axis 0 is time, -1 = any length'),
  axisOrder: z
    .array(z.int().min(0))
    .nullable()
    .optional()
    .describe('memory order of axes')
    .meta({ pyacq: 'axisorder' }),
  bufferSize: size.optional().describe('samples in the shared ring').meta({ pyacq: 'buffer_size', unit: 'samples' }),
  compression: z.string().optional().describe('e.g. blosc-lz4; empty = none'),
  scale: z.number().nullable().optional(),
  offset: z.number().nullable().optional(),
  units: z.string().optional().describe('e.g. uV'),
  sampleRate: z.number().positive().optional().describe('nominal rate').meta({ pyacq: 'sample_rate', unit: 'Hz' }),
  double: z.boolean().optional().describe('the ring is kept twice, so that every window is one piece'),
  fill: z.number().nullable().optional().describe('what stands in the ring where samples are missing'),
  channelInfo: z
    .array(z.looseObject({ name: z.string() }))
    .optional()
    .meta({ pyacq: 'channel_info' }),
  channelCount: z.int().min(1).optional().meta({ pyacq: 'nb_channel' }),
  flow: z.enum(['realtime', 'wait']).optional().describe('wait: send waits until every consumer has room'),
  retention: z
    .object({ seconds: z.number().positive().optional(), bytes: size.optional() })
    .optional()
    .describe('how much is kept for consumers that fell behind'),
  accounting: z.enum(['samples', 'messages', 'none']).optional().describe('what the index counts'),
  eventsOf: z.string().optional().describe('stream whose samples the events point at'),
  minChunkSize: size.optional().describe('smaller chunks are joined before they are sent').meta({ unit: 'samples' }),
  applyScale: z.boolean().optional().describe('send offset + scale × data')
})

const KNOWN = Object.keys(outputOptionsSchema.shape)

/** Checks the options of one output. A key that is almost a known one is a mistake; other keys are passed on. */
export function checkOutputOptions(
  tree: Tree,
  { subject, place, mistakes }: { subject: string; place: Place; mistakes: MistakeList }
): OutputOptions {
  const options = checkOptions({ schema: outputOptionsSchema, tree, place, subject, mistakes })
  for (const [key, entry] of tree.kind === 'map' ? tree.entries : []) {
    const near = key in options && !KNOWN.includes(key) ? nearest(key, KNOWN) : undefined
    if (near === undefined) continue
    const expected = `one of ${KNOWN.join(', ')}`
    mistakes.add(entry.place, `${subject}: unknown option '${key}'`, { expected, nearest: near })
  }
  if (options['transferMode'] === 'sharedmem' && options['bufferSize'] === undefined) {
    mistakes.add(place, `${subject}: sharedmem needs a bufferSize`, {
      expected: 'bufferSize: samples in the ring, e.g. 60000'
    })
  }
  return options as OutputOptions
}

import { parseDType, type DTypeLike } from '@nodeacq/ndarray'
import { transferModeNames, type OutputOptions } from '@nodeacq/stream'
import { z } from 'zod'
import { checkOptions } from './checkOptions.ts'
import type { MistakeList } from './mistakes.ts'
import { nearest } from './nearest.ts'
import type { Place } from './SourceText.ts'
import type { Tree } from './Tree.ts'

/** Spellings of pyacq's 2018 manual. */
const OLD_TRANSFER_MODES = ['plaintext', 'sharedarray']
const COMPRESSIONS = [
  '',
  'blosc-blosclz',
  'blosc-lz4',
  'blosc-lz4hc',
  'blosc-zlib',
  'blosc-zstd',
  'blosc-snappy',
  'blosclz'
]

const size = z.int().min(0)
const factor = z
  .union([z.number(), z.array(z.number())])
  .nullable()
  .optional()

const dtype = z.union([z.string(), z.array(z.array(z.unknown()).min(2).max(3))]).superRefine((value, context) => {
  try {
    parseDType(value as DTypeLike)
  } catch {
    context.addIssue({ code: 'custom', message: 'a numpy type name such as float32 or >i4' })
  }
})

/**
 * Options of `outputs: { name: … }`: what `OutputStream.configure` takes. Every other key is kept and travels with the
 * stream's params, as in pyacq. Modules may register transfer modes, so the schema is made when it is needed.
 */
export function outputOptionsSchema() {
  const modes = [...transferModeNames(), ...OLD_TRANSFER_MODES]
  return z.looseObject({
    protocol: z
      .enum(['tcp', 'ipc', 'inproc'])
      .optional()
      .describe('how chunks travel; ipc and inproc stay on one machine'),
    interface: z.string().optional().describe('interface to listen on; default: that of the host'),
    port: z
      .union([z.int().min(0).max(65_535), z.string()])
      .optional()
      .describe('port to listen on; * = any that is free'),
    transferMode: z
      .enum(modes)
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
    bufferSize: size.optional().describe('length of the shared ring').meta({ pyacq: 'buffer_size', unit: 'samples' }),
    compression: z.enum(COMPRESSIONS).optional().describe('of plaindata; empty = none'),
    scale: factor,
    offset: factor,
    units: z
      .union([z.string(), z.array(z.string())])
      .optional()
      .describe('e.g. uV, or one for each channel'),
    sampleRate: z.number().min(0).optional().describe('nominal rate').meta({ pyacq: 'sample_rate', unit: 'Hz' }),
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
}

/** Checks the options of one output. A key that is almost a known one is a mistake; other keys are passed on. */
export function checkOutputOptions(
  tree: Tree,
  { subject, place, mistakes }: { subject: string; place: Place; mistakes: MistakeList }
): OutputOptions {
  const schema = outputOptionsSchema()
  const known = Object.keys(schema.shape)
  const options = checkOptions({ schema, tree, place, subject, mistakes })
  for (const [key, entry] of tree.kind === 'map' ? tree.entries : []) {
    const near = key in options && !known.includes(key) ? nearest(key, known) : undefined
    if (near === undefined) continue
    const expected = `one of ${known.join(', ')}`
    mistakes.add(entry.place, `${subject}: unknown option '${key}'`, { expected, nearest: near })
  }
  if (options['transferMode'] === 'sharedmem' && options['bufferSize'] === undefined) {
    mistakes.add(place, `${subject}: sharedmem needs a bufferSize`, {
      expected: 'bufferSize: samples in the ring, e.g. 60000'
    })
  }
  return options as OutputOptions
}

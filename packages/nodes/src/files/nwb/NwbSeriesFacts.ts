import { parseDType, type DType, type DTypeLike } from '@nodeacq/ndarray'
import { z } from 'zod'
import { hdfTypeOf } from '../hdf5/hdfType.ts'
import type { HdfReader } from '../hdf5/HdfReader.ts'
import type { RecordedChannel } from '../SampleFile.ts'

/** What our writer says of a stream in the comments of its series, behind the word `nodeacq`. */
const ownSchema = z.object({
  stream: z.string(),
  streamType: z.string(),
  dtype: z.string(),
  sampleRate: z.number().positive(),
  /** Of the first row. */
  index: z.number().int().nonnegative(),
  /** Places in the sample, where the series holds only some channels. */
  channels: z.array(z.number().int().nonnegative()).optional(),
  channelInfo: z.array(z.looseObject({ name: z.string() }))
})

/** A series of numbers in an NWB file. */
export interface NwbSeriesFacts {
  readonly path: string
  /** Of the group. */
  readonly name: string
  readonly dtype: DType
  readonly rows: number
  readonly sampleShape: readonly number[]
  /** Hz; undefined where there are time stamps. */
  readonly rate: number | undefined
  /** s from the start of the session, where there is a rate. */
  readonly startingTime: number
  readonly channelInfo: readonly RecordedChannel[]
  /** Undefined in files of others. */
  readonly own: z.infer<typeof ownSchema> | undefined
}

/** What a group says, if it is a series of numbers with times. */
export function readSeriesFacts(reader: HdfReader, path: string): NwbSeriesFacts | undefined {
  const shape = reader.shapeOf(`${path}/data`)
  const stored = reader.dtypeOf(`${path}/data`)
  const rate = reader.number(`${path}/starting_time`, 'rate')
  const hasTimes = reader.shapeOf(`${path}/timestamps`) !== undefined
  if (shape === undefined || shape.length === 0 || stored === undefined || (rate === undefined && !hasTimes))
    return undefined
  const own = readOwn(reader, path)
  const sampleShape = shape.slice(1)
  return {
    path,
    name: path.slice(path.lastIndexOf('/') + 1),
    dtype: own === undefined ? stored : parseDType(own.dtype as DTypeLike),
    rows: shape[0]!,
    sampleShape,
    rate: hasTimes ? undefined : rate,
    startingTime: Number(reader.value(`${path}/starting_time`) ?? 0),
    channelInfo: readChannels(reader, path, sampleShape),
    own
  }
}

function readOwn(reader: HdfReader, path: string): NwbSeriesFacts['own'] {
  const [, text] = /^nodeacq (\{.*)$/s.exec(reader.text(path, 'comments') ?? '') ?? []
  if (text === undefined) return undefined
  try {
    const own = ownSchema.parse(JSON.parse(text))
    return hdfTypeOf(parseDType(own.dtype)) === undefined ? undefined : own
  } catch {
    // Not ours after all, or not any more: what the schema of NWB says is there still.
    return undefined
  }
}

/** Channels by the last axis: names of electrodes where there are some, units and scaling by the attributes of the data. */
function readChannels(reader: HdfReader, path: string, sampleShape: readonly number[]): RecordedChannel[] {
  const unit = reader.text(`${path}/data`, 'unit')
  const conversion = reader.number(`${path}/data`, 'conversion') ?? 1
  const offset = reader.number(`${path}/data`, 'offset') ?? 0
  const factors = numbers(reader.value(`${path}/channel_conversion`))
  const rows = numbers(reader.value(`${path}/electrodes`))
  const names = texts(reader.value(`${ELECTRODES}/channel_name`)) ?? texts(reader.value(`${ELECTRODES}/label`))
  return Array.from({ length: sampleShape.at(-1) ?? 1 }, (_, k) => {
    const gain = conversion * (factors[k] ?? 1)
    const row = rows[k]
    return {
      name: row === undefined ? `ch${k}` : (names?.[row] ?? `electrode${row}`),
      ...(unit !== undefined && { unit: unit === 'volts' ? 'V' : unit }),
      ...(gain !== 1 && { gain }),
      ...(offset !== 0 && { offset })
    }
  })
}

const ELECTRODES = '/general/extracellular_ephys/electrodes'

function numbers(value: unknown): number[] {
  return Array.isArray(value) ? (value as unknown[]).map(Number) : []
}

function texts(value: unknown): string[] | undefined {
  return Array.isArray(value) && value.every((each) => typeof each === 'string') ? value : undefined
}

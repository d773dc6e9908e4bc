import type { DTypeLike, NdArray, WireDType } from '@nodeacq/ndarray'

/** `udp` of pyacq's manual never worked. */
export type Protocol = 'tcp' | 'ipc' | 'inproc'
/** What happens to data that a consumer does not take in time; see the design of streams. The consumer chooses. */
export type Delivery = 'bestEffort' | 'latest' | 'complete'
/** `wait`: `send` waits for consumers (a file replay); `realtime`: it never does (a device). */
export type Flow = 'realtime' | 'wait'
/** What the index of a chunk counts: samples along axis 0, messages, or nothing that could be checked. */
export type Accounting = 'samples' | 'messages' | 'none'
/** One entry per channel; other keys (units, location …) are carried. */
export interface ChannelInfo {
  name: string
  [key: string]: unknown
}
/** Gets a chunk and gives the one that takes its place. */
export type StreamFilter = (index: number, data: NdArray) => readonly [index: number, data: NdArray]

/** The parameters of a stream that pyacq knows, under our names. Times in seconds, rates in Hz. */
export interface StreamFields {
  /** Default `tcp`. */
  protocol: Protocol
  /** Address that the output binds, for tcp; default `127.0.0.1`. For ipc and inproc the name of the pipe. */
  interface: string
  /** Default `*`: any free port. */
  port: string
  /** `plaindata` (default), `sharedmem`, or one that was registered. */
  transferMode: string
  /** Free text; `analogsignal` (default), `digitalsignal`, `event`, `image`, `video` are in use. */
  streamType: string
  /** As pyacq has it in params: numpy's name, or a list of `[name, type]`. Default `float32`. */
  dtype: WireDType
  /** Axis 0 is time, -1 where chunks vary in length; so may other axes, but not in a ring. Default `[-1, 1]`. */
  shape: readonly number[]
  /** Order of the axes in the memory of the shared ring, slowest first; null is C order. */
  axisOrder: readonly number[] | null
  /** Length of the shared ring in samples. */
  bufferSize: number
  /** `''` (default), or `blosc-lz4`, `blosc-blosclz` … */
  compression: string
  /** physical = offset + scale × value. Carried, and applied only where `applyScale` asks for it. */
  scale: number | readonly number[] | null
  offset: number | readonly number[] | null
  units: string | readonly string[]
  /** Hz; default 1. 0 where samples come at no regular rate. */
  sampleRate: number
  /** The shared ring is stored twice, so that any `bufferSize` samples lie in one piece. */
  double: boolean
  /** What stands for samples that never came; null is NaN for floats and 0 for others. */
  fill: number | null
  channelInfo?: readonly ChannelInfo[]
  channelCount?: number
  /** The file of the shared ring: an absolute path. */
  shmId?: string
}

/** The parameters that travel under the key `nodeacq`, which pyacq ignores. */
export interface StreamExtras {
  accounting: Accounting
  flow: Flow
  /** Name of the stream whose samples the events count. */
  eventsOf?: string
}

/** Everything that is known about a stream. Keys that this package does not know are kept as they came. */
export type StreamInfo = Readonly<StreamFields> &
  Readonly<StreamExtras> & {
    /** The map under `nodeacq` as it came, with the address of the side channel; absent for pyacq's own streams. */
    readonly nodeacq?: Readonly<Record<string, unknown>>
    readonly [key: string]: unknown
  }

/** What an output may be told, by its node (`spec`) and by `configure`. Old and snake_case spellings work too. */
export interface OutputOptions extends Partial<Omit<StreamFields, 'dtype' | 'shape' | 'port'>>, Partial<StreamExtras> {
  port?: string | number
  dtype?: DTypeLike
  /** A number is the shape of a stream without further axes. */
  shape?: number | readonly number[]
  /**
   * How much the output keeps for `complete` consumers, in time and in memory (with 1 kB for each chunk); the smaller of the
   * two. Default 5 s and 256 MB. What every named consumer has acknowledged is freed before.
   */
  retention?: { seconds?: number; bytes?: number }
  /** Messages that wait for one slow PUB/SUB consumer before its next ones are dropped; 0 is no limit. Default 1000. */
  highWaterMark?: number
  /** Host name or address given to peers where `interface` is a wildcard. Default: an address of this machine. */
  advertise?: string
  /** ms without any sign of life after which a consumer counts as dead. Default 10 000. */
  lease?: number
  /** Applied to each chunk before it is sent, in order. */
  preFilters?: readonly StreamFilter[]
  /** Samples gathered before a chunk is sent; default 0, each `send` is a chunk. */
  minChunkSize?: number
  /** Sends `offset + scale × value`, and null for both in the params. Default false. */
  applyScale?: boolean
  [key: string]: unknown
}

/** What an input asks of its source. -1 in `shape` stands for any length. */
export interface InputSpec {
  streamType?: string
  dtype?: DTypeLike
  shape?: number | readonly number[]
  protocol?: Protocol
  transferMode?: string
  delivery?: Delivery
  /** Messages that wait for this input before the output drops its next ones (PUB/SUB); 0 is no limit. Default 1000. */
  highWaterMark?: number
  /** Applied to each chunk after it was received, in order. */
  postFilters?: readonly StreamFilter[]
}

/** Params as they travel: pyacq's names and values, plain data. */
export type WireParams = Record<string, unknown>

/** Our names and pyacq's, in the order pyacq has them. */
export const WIRE_NAMES = {
  protocol: 'protocol',
  interface: 'interface',
  port: 'port',
  transferMode: 'transfermode',
  streamType: 'streamtype',
  dtype: 'dtype',
  shape: 'shape',
  axisOrder: 'axisorder',
  bufferSize: 'buffer_size',
  compression: 'compression',
  scale: 'scale',
  offset: 'offset',
  units: 'units',
  sampleRate: 'sample_rate',
  double: 'double',
  fill: 'fill',
  channelInfo: 'channel_info',
  channelCount: 'nb_channel',
  shmId: 'shm_id'
} as const satisfies Record<keyof StreamFields, string>

/** What pyacq assumes where nothing is said. */
export const DEFAULTS: Readonly<StreamFields> = {
  protocol: 'tcp',
  interface: '127.0.0.1',
  port: '*',
  transferMode: 'plaindata',
  streamType: 'analogsignal',
  dtype: 'float32',
  shape: [-1, 1],
  axisOrder: null,
  bufferSize: 0,
  compression: '',
  scale: null,
  offset: null,
  units: '',
  sampleRate: 1,
  double: false,
  fill: null
}

/** Wire names whose whole numbers must arrive in Python as floats. Serializers look for this on the map. */
const FLOATS = Symbol.for('nodeacq.floats')
const FLOAT_KEYS: ReadonlySet<string> = new Set(['sample_rate', 'scale', 'offset', 'fill'])

const FIELDS = Object.keys(WIRE_NAMES) as (keyof StreamFields)[]
const EXTRAS = ['accounting', 'flow', 'eventsOf'] as const satisfies readonly (keyof StreamExtras)[]
const NOT_CARRIED: ReadonlySet<string> = new Set([...FIELDS, ...EXTRAS, 'nodeacq', ...Object.values(WIRE_NAMES)])

/** The map that an output publishes. `own` is what else stands under `nodeacq`: side channel, run, node, process … */
export function toWireParams(info: StreamInfo, own?: Readonly<Record<string, unknown>>): WireParams {
  const wire: WireParams = {}
  for (const field of FIELDS) {
    if (info[field] !== undefined) wire[WIRE_NAMES[field]] = info[field]
  }
  for (const [key, value] of Object.entries(info)) {
    if (!NOT_CARRIED.has(key) && value !== undefined) wire[key] = value
  }
  const extras: Record<string, unknown> = { ...info.nodeacq, ...own }
  for (const key of EXTRAS) {
    if (info[key] !== undefined) extras[key] = info[key]
  }
  wire['nodeacq'] = extras
  return withFloats(wire)
}

/** Marks the keys of a params map that are floats in Python. */
function withFloats(wire: WireParams): WireParams {
  return Object.defineProperty(wire, FLOATS, { value: FLOAT_KEYS, enumerable: false })
}

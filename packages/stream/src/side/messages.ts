import { Decoder, encode } from '@msgpack/msgpack'

/**
 * Messages of the side channel between a nodeacq output (ROUTER) and a nodeacq input (DEALER). Frame 1 begins with
 *
 *   version u8   1
 *   kind    u8   `code` in the table below
 *
 * and goes on with a msgpack list of the fields in the order of the table. `chunk` alone is laid out by hand
 * (24 bytes, little-endian), and the frames of the data message follow it, the first one in the same frame when it is
 * short, because each frame costs about as much as a small chunk:
 *
 *   version u8, kind u8
 *   inlined u16   bytes of the first data frame that follow this header; 0: it is a frame of its own
 *   samples u32   what the chunk adds to the index
 *   run     f64
 *   index   f64   index of the last sample of the chunk, plus one
 *
 * Runs, indices and times are float64: exact up to 2^53. Anything that does not fit the table decodes to `undefined`.
 */
export const SIDE_VERSION = 1

/** A range without data, `[from, to)`, and why. */
export type HoleTuple = readonly [from: number, to: number, cause: string]

type Check<T> = (value: unknown) => value is T

const number: Check<number> = (value): value is number => typeof value === 'number' && Number.isFinite(value)
const flag: Check<boolean> = (value): value is boolean => typeof value === 'boolean'
const text: Check<string> = (value): value is string => typeof value === 'string' && value.length <= 1000
const textOrNull: Check<string | null> = (value): value is string | null => value === null || text(value)
const numberOrNull: Check<number | null> = (value): value is number | null => value === null || number(value)
const map: Check<Record<string, unknown>> = (value): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const delivery: Check<SideDelivery> = (value): value is SideDelivery =>
  value === 'bestEffort' || value === 'latest' || value === 'complete'
const holes: Check<readonly HoleTuple[]> = (value): value is readonly HoleTuple[] =>
  Array.isArray(value) &&
  value.every((hole) => Array.isArray(hole) && hole.length === 3 && number(hole[0]) && number(hole[1]) && text(hole[2]))

/** `[from, index, time, period, uncertainty, first, last]` of a `ClockPiece`. */
const pieces: Check<readonly (readonly number[])[]> = (value): value is readonly (readonly number[])[] =>
  Array.isArray(value) && value.every((piece) => Array.isArray(piece) && piece.length === 7 && piece.every(number))

type SideDelivery = 'bestEffort' | 'latest' | 'complete'

/** From the input, 1–31; from the output, 32 and up. */
const TABLE = {
  /**
   * Asks to be served. `attempt` counts the hellos of this input. `token` is what the input has subscribed to on the data
   * socket (null: no data socket); `source`, `run` and `from` say where it wants to go on (null: the output decides), as
   * numbered by that source; `chunks` and `bytes` are its window; `bell` is the path of a FIFO to ring, where the input
   * reads the shared ring by itself.
   */
  hello: {
    code: 1,
    fields: {
      consumer: text,
      attempt: number,
      name: textOrNull,
      token: textOrNull,
      delivery,
      source: textOrNull,
      run: numberOrNull,
      from: numberOrNull,
      chunks: number,
      bytes: number,
      bell: textOrNull,
      who: map
    }
  },
  /** Chunks that the input has taken since its hello, in all; `holding`: a waiting output waits for this input. */
  credit: { code: 2, fields: { taken: number, holding: flag } },
  /** Everything before `index` is safe on disk. */
  ack: { code: 3, fields: { run: number, index: number } },
  /**
   * Asks for `synced`, which comes after everything that was declared before; and, where they are given, which run from
   * `from` on sent the message that ends at `index` and whose frames have the checksum `crc`.
   */
  sync: { code: 4, fields: { id: number, from: numberOrNull, index: numberOrNull, crc: numberOrNull } },
  /** Renews the lease. */
  alive: { code: 5, fields: {} },
  /** The input leaves. */
  leave: { code: 6, fields: {} },
  /** Asks another machine for `pong`; `sent` is when, on the input's clock. */
  ping: { code: 7, fields: { sent: number } },

  /**
   * Answers hello once the token was seen on the data socket. Counting starts at `run`, `from`; the output stands at
   * `headRun`, `index`, and that run has ended or not. An output that has started again is another `source`. For an input
   * that reads the ring by itself: its seat in the control file, and the number of the first chunk.
   */
  welcome: {
    code: 32,
    fields: {
      consumer: text,
      attempt: number,
      source: text,
      run: number,
      from: number,
      headRun: number,
      index: number,
      hasEnded: flag,
      seat: numberOrNull,
      chunk: number
    }
  },
  /** A run has begun; `previous` ended at `index`. */
  run: { code: 33, fields: { run: number, previous: number, index: number } },
  /** Where the output stands, at `time` on the machine's clock; once a second. */
  head: { code: 34, fields: { run: number, index: number, time: number } },
  /** The run is over at `index`. */
  end: { code: 35, fields: { run: number, index: number } },
  /** Ranges that the source itself does not have. */
  holes: { code: 36, fields: { run: number, holes } },
  /** `[…, to)` of the run fell out of retention before it could be delivered. */
  gone: { code: 37, fields: { run: number, to: number } },
  /** The chunk that ends at `index` was sent at `time`; a sample, at most 20 each second. */
  mark: { code: 38, fields: { run: number, index: number, time: number } },
  /** The output stands at `run`, `index`; the message that was asked for is of run `sender`, if it is kept still. */
  synced: { code: 39, fields: { id: number, run: number, index: number, sender: numberOrNull } },
  /** Params that were not known when the input connected. */
  params: { code: 40, fields: { params: map } },
  /** The output closes; its data ends at `run`, `index`. */
  goodbye: { code: 41, fields: { run: number, index: number } },
  /** The output does not know this input (any more): say hello again. */
  unknown: { code: 42, fields: {} },
  /** Lines from sample to time, new ones and those that have changed; at most two more than one a second. */
  clock: { code: 48, fields: { run: number, pieces } },
  /** What the device's own clock showed at a sample, ms; at most 20 a second. */
  device: { code: 49, fields: { run: number, index: number, time: number, uncertainty: number } },
  /** Answers ping: when it was received and answered, on the output's clock. */
  pong: { code: 50, fields: { sent: number, received: number, answered: number } }
} as const

type Table = typeof TABLE
type ValueOf<C> = C extends Check<infer T> ? T : never

/** Names of the messages that are lists of fields. */
export type SideKind = keyof Table

/** One message of the side channel. */
export type SideMessage =
  | { [K in SideKind]: { kind: K } & { [F in keyof Table[K]['fields']]: ValueOf<Table[K]['fields'][F]> } }[SideKind]
  | SideChunk

/** A message of one kind. */
export type SideMessageOf<K extends SideKind> = Extract<SideMessage, { kind: K }>

/** A chunk for an input that is served by a cursor; `frames` are those of the data socket. */
export interface SideChunk {
  kind: 'chunk'
  run: number
  index: number
  samples: number
  frames: readonly Uint8Array[]
}

const CHUNK = 64
const CHUNK_HEADER = 24
/** zeromq copies messages of up to 128 bytes, which is cheaper than to refer to them. */
const LONGEST_INLINED = 104

interface Layout {
  kind: SideKind
  names: readonly string[]
  checks: readonly Check<unknown>[]
}

const LAYOUTS = new Map<number, Layout>(
  Object.entries(TABLE).map(([kind, { code, fields }]) => [
    code,
    { kind: kind as SideKind, names: Object.keys(fields), checks: Object.values(fields) as Check<unknown>[] }
  ])
)

// Nothing that an input or an output says is large; a length that is announced is not believed beyond this.
const LIMIT = 1 << 20
const decoder = new Decoder({ maxStrLength: LIMIT, maxBinLength: LIMIT, maxArrayLength: 100_000, maxMapLength: 10_000 })

/** The first frame of a message; a chunk's own frames go after it. */
export function encodeSide(message: Exclude<SideMessage, SideChunk>): Uint8Array {
  const { code, fields } = TABLE[message.kind]
  const values = message as unknown as Record<string, unknown>
  const body = encode(Object.keys(fields).map((name) => values[name]))
  const frame = Buffer.allocUnsafe(2 + body.length)
  frame[0] = SIDE_VERSION
  frame[1] = code
  frame.set(body, 2)
  return frame
}

/** The frames of a chunk message, made from those of the data message. */
export function encodeChunk(chunk: SideChunk): Uint8Array[] {
  const { run, index, samples, frames } = chunk
  const [first] = frames
  const inlined = first !== undefined && first.length <= LONGEST_INLINED && first.length > 0 ? first.length : 0
  const head = Buffer.allocUnsafe(CHUNK_HEADER + inlined)
  head.writeUInt32LE((SIDE_VERSION | (CHUNK << 8) | (inlined << 16)) >>> 0, 0)
  head.writeUInt32LE(samples, 4)
  head.writeDoubleLE(run, 8)
  head.writeDoubleLE(index, 16)
  if (inlined === 0) return [head, ...frames]
  head.set(first as Uint8Array, CHUNK_HEADER)
  return frames.length === 2 ? [head, frames[1] as Uint8Array] : [head, ...frames.slice(1)]
}

/** Reads a message, `undefined` when it is none of ours. Frames of a chunk are referred to, not copied. */
export function decodeSide(frames: readonly Buffer[]): SideMessage | undefined {
  const head = frames[0]
  if (head === undefined || head.length < 2 || head[0] !== SIDE_VERSION) return undefined
  const code = head[1] ?? 0
  if (code === CHUNK) return decodeChunk(head, frames)
  const layout = LAYOUTS.get(code)
  if (layout === undefined || frames.length !== 1) return undefined
  let values: unknown
  try {
    values = decoder.decode(head.subarray(2))
  } catch {
    return undefined
  }
  if (!Array.isArray(values) || values.length !== layout.names.length) return undefined
  const message: Record<string, unknown> = { kind: layout.kind }
  for (const [position, name] of layout.names.entries()) {
    const value: unknown = values[position]
    if (layout.checks[position]?.(value) !== true) return undefined
    message[name] = value
  }
  return message as SideMessage
}

function decodeChunk(head: Buffer, frames: readonly Buffer[]): SideChunk | undefined {
  if (head.length < CHUNK_HEADER) return undefined
  const inlined = head.readUInt16LE(2)
  const run = head.readDoubleLE(8)
  const index = head.readDoubleLE(16)
  if (head.length !== CHUNK_HEADER + inlined || !Number.isFinite(run) || !Number.isFinite(index)) return undefined
  const own = frames.slice(1)
  if (inlined > 0) own.unshift(head.subarray(CHUNK_HEADER))
  return own.length > 0 ? { kind: 'chunk', run, index, samples: head.readUInt32LE(4), frames: own } : undefined
}

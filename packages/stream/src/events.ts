import { NdArray, parseDType, type ReadonlyNdArray } from '@nodeacq/ndarray'

/** One event of a stream, whatever the dtype it came in. */
export interface StreamEvent {
  /** Sample of the stream named by the parameter `eventsOf`; -1 where the source gives no position. */
  index: number
  /** Code of the event; 0 where there is none. */
  value: number
  /** In samples; 0 where there is none. */
  duration: number
  label: string
}

/** dtype of nodeacq's event streams. A label is at most 64 bytes of UTF-8. */
export const EVENT_DTYPE = [
  ['index', 'int64'],
  ['value', 'int32'],
  ['duration', 'int64'],
  ['label', 'S64']
] as const satisfies readonly (readonly [string, string])[]

const LABEL_BYTES = 64
const MAX_VALUE = 2 ** 31

/**
 * What the fields of a structured event are called, the first that is there counts: ours, BrainAmp's triggers
 * (`pos points channel type description`), text messages (`datetime message`), and labelled positions.
 */
const POSITIONS = ['index', 'pos', 'position', 'sample']
const DURATIONS = ['duration', 'points']
const VALUES = ['value', 'code', 'label', 'description']
const LABELS = ['label', 'description', 'message', 'type']

/**
 * The events in a chunk of an event stream: structured ones, bare positions (pyacq's triggers: any integer dtype), bare
 * texts. BrainAmp's type and description make the label `Stimulus/S  1`, and its number the value.
 * @throws {TypeError} when the dtype holds no events.
 */
export function readEvents(chunk: ReadonlyNdArray | { readonly data: ReadonlyNdArray }): StreamEvent[] {
  const data = 'dtype' in chunk ? chunk : chunk.data
  if (data.dtype.fields) return items(data).map(readRecord)
  switch (data.dtype.kind) {
    case 'i':
    case 'u':
      return items(data).map((position) => ({ index: Number(position), value: 0, duration: 0, label: '' }))
    case 'S':
    case 'U':
      return items(data).map((text) => ({ index: -1, value: 0, duration: 0, label: toText(text) }))
    default:
      throw new TypeError(`events: expected positions, texts or a structure, got dtype ${data.dtype.name}`)
  }
}

/**
 * A chunk of events, shape `(events,)`; what is left out is 0 or empty. Labels are cut at 64 bytes.
 * @throws {RangeError} when a number does not fit.
 */
export function makeEvents(events: readonly (Partial<StreamEvent> & { index: number })[]): NdArray {
  const chunk = NdArray.zeros([events.length], parseDType(EVENT_DTYPE))
  const [indices, values, durations, labels] = EVENT_DTYPE.map(([name]) => chunk.field(name)) as [
    NdArray,
    NdArray,
    NdArray,
    NdArray
  ]
  for (const [at, { index, value = 0, duration = 0, label = '' }] of events.entries()) {
    indices.set(requireWhole('index', index, Number.MAX_SAFE_INTEGER), at)
    values.set(requireWhole('value', value, MAX_VALUE - 1), at)
    durations.set(requireWhole('duration', duration, Number.MAX_SAFE_INTEGER), at)
    labels.set(cut(label), at)
  }
  return chunk
}

function items(data: ReadonlyNdArray): unknown[] {
  return (data.toNested() as unknown[]).flat(Infinity)
}

function readRecord(item: unknown): StreamEvent {
  const record = item as Readonly<Record<string, unknown>>
  const find = (names: readonly string[]): unknown => record[names.find((name) => name in record) ?? '']
  const position = find(POSITIONS)
  const label = find(LABELS)
  const kind = 'type' in record && 'description' in record ? toText(record['type']) : ''
  const text = typeof label === 'number' || typeof label === 'bigint' ? '' : toText(label)
  return {
    index: isNumber(position) ? Number(position) : -1,
    value: readValue(find(VALUES)),
    duration: Number(find(DURATIONS) ?? 0),
    label: kind !== '' && text !== '' ? `${kind}/${text}` : text || kind
  }
}

/** A number, or the number at the end of a text such as `S  1`. */
function readValue(value: unknown): number {
  if (isNumber(value)) return Number(value)
  const digits = /(\d{1,9})\s*$/.exec(toText(value))
  return digits ? Number(digits[1]) : 0
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

/** Bytes that are no UTF-8 come as they are. */
function toText(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1').replace(/\0+$/, '')
  return typeof value === 'string' ? value : ''
}

function requireWhole(what: string, value: number, limit: number): number {
  if (Number.isSafeInteger(value) && value >= -limit - 1 && value <= limit) return value
  throw new RangeError(`${what} of an event: expected a whole number up to ${limit}, got ${value}`)
}

/** The text, ended before the character that would not fit. */
function cut(label: string): string {
  const bytes = Buffer.from(label, 'utf8')
  if (bytes.length <= LABEL_BYTES) return label
  const { read } = new TextEncoder().encodeInto(label, new Uint8Array(LABEL_BYTES))
  return label.slice(0, read)
}

import { DTypeError, isNdArray, parseDType, type DTypeLike, type WireDType } from '@nodeacq/ndarray'
import { COMPRESSIONS } from './compression.ts'
import { SpecError } from './errors.ts'
import { withNearest } from './nearest.ts'
import { WIRE_NAMES, type Accounting, type ChannelInfo, type StreamExtras, type StreamFields } from './params.ts'
import { transferModeNames } from './transfer/registry.ts'

/** Refuses the value at hand; `expected` goes into the message. */
type Refuse = (expected: string, cause?: unknown) => never
type Reader<T> = (value: unknown, refuse: Refuse) => T

/** Most axes that a stream may have; numpy's own limit. */
const MAX_AXES = 32

/** Other spellings of names: pyacq's, those of its 2018 manual, and snake_case for our own options. */
const OUR_NAMES: ReadonlyMap<string, string> = new Map<string, string>([
  ...Object.entries(WIRE_NAMES).map(([ours, wire]) => [wire, ours] as const),
  ['transfertype', 'transferMode'],
  ['events_of', 'eventsOf'],
  ['pre_filters', 'preFilters'],
  ['min_chunk_size', 'minChunkSize'],
  ['apply_scale', 'applyScale']
])

/** Old spellings of values. */
const TRANSFER_MODES: Readonly<Record<string, string>> = { sharedarray: 'sharedmem', plaintext: 'plaindata' }
const PROTOCOLS: Readonly<Record<string, string>> = { inpc: 'ipc' }
const COMPRESSION_METHODS: Readonly<Record<string, string>> = { blosclz: 'blosc-blosclz' }

/** One reader per field: takes what people, Python and the network write, gives our form, or refuses. */
export const FIELD_READERS: { readonly [K in keyof StreamFields]-?: Reader<StreamFields[K]> } = {
  protocol: (value, refuse) => oneOf(['tcp', 'ipc', 'inproc'], PROTOCOLS, value, refuse),
  interface: (value, refuse) => (isText(value) && value !== '' ? value : refuse('the name of an interface or pipe')),
  port: readPort,
  transferMode: (value, refuse) => oneOf(transferModeNames(), TRANSFER_MODES, value, refuse),
  streamType: (value, refuse) => (isText(value) ? value : refuse('text')),
  dtype: readDType,
  shape: readShape,
  axisOrder: readAxisOrder,
  bufferSize: (value, refuse) => readCount(value) ?? refuse('a number of samples, 0 or more'),
  compression: (value, refuse) => oneOf(COMPRESSIONS, COMPRESSION_METHODS, value ?? '', refuse),
  scale: readScale,
  offset: readScale,
  units: (value, refuse) => (isText(value) || isList(value, isText) ? value : value === null ? '' : refuse('text')),
  sampleRate: readSampleRate,
  double: (value, refuse) => readBoolean(value) ?? refuse('true or false'),
  fill: (value, refuse) => (value === null ? null : (readNumber(value) ?? refuse('a number or null'))),
  channelInfo: readChannelInfo,
  channelCount: (value, refuse) => (value === null ? undefined : (readCount(value) ?? refuse('a number, 0 or more'))),
  shmId: (value, refuse) => (value === null ? undefined : isText(value) ? value : refuse('text'))
}

/** @throws {SpecError} */
export function readField<K extends keyof StreamFields>(field: K, value: unknown, subject: string): StreamFields[K] {
  const read = FIELD_READERS[field] as Reader<StreamFields[K]>
  return read(value, (expected, cause) => {
    throw new SpecError({ subject, key: WIRE_NAMES[field], expected, got: describe(value), cause })
  })
}

/**
 * The entries under our names; entries without a value are left out.
 * @throws {SpecError} when one parameter is given twice with different values.
 */
export function canonicalNames(entries: Iterable<readonly [string, unknown]>, subject: string): Map<string, unknown> {
  const named = new Map<string, unknown>()
  for (const [spelling, value] of entries) {
    if (value === undefined || spelling === '__proto__') continue
    if (spelling === 'timeaxis' && value !== 0) {
      throw new SpecError({ subject, key: spelling, expected: '0: axis 0 is always time', got: describe(value) })
    }
    const key = OUR_NAMES.get(spelling) ?? spelling
    const other = named.get(key)
    if (other !== undefined && describe(other) !== describe(value)) {
      throw new SpecError({
        subject,
        key: spelling,
        expected: `${describe(other)}, given as well`,
        got: describe(value)
      })
    }
    named.set(key, value)
  }
  return named
}

/** The parameters that stand under `nodeacq` on the wire, and beside the others in our form. @throws {SpecError} */
export function readExtras(
  info: Readonly<Record<string, unknown>>,
  subject: string,
  accounting: Accounting = 'samples'
): StreamExtras {
  const own = info['nodeacq']
  if (own !== undefined && own !== null && (typeof own !== 'object' || Array.isArray(own))) {
    throw new SpecError({ subject, key: 'nodeacq', expected: 'a map', got: describe(own) })
  }
  const given = { ...own, ...info } as Record<string, unknown>
  const read = <T extends string>(key: string, allowed: readonly T[], fallback: T): T =>
    oneOf(allowed, {}, given[key] ?? fallback, (expected) => {
      throw new SpecError({ subject, key, expected, got: describe(given[key]) })
    })
  const extras: StreamExtras = {
    accounting: read('accounting', ['samples', 'messages', 'none'], accounting),
    flow: read('flow', ['realtime', 'wait'], 'realtime')
  }
  const eventsOf = given['eventsOf']
  if (eventsOf === undefined || eventsOf === null) return extras
  if (!isText(eventsOf)) {
    throw new SpecError({ subject, key: 'eventsOf', expected: 'the name of a stream', got: describe(eventsOf) })
  }
  return { ...extras, eventsOf }
}

/** A value for a message, on one line and not too long. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return `'${value.length > 80 ? `${value.slice(0, 77)}…` : value}'`
  if (typeof value !== 'object' || value === null) return String(value)
  if (isNdArray(value)) return `an array of shape (${value.shape.join(', ')})`
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch {
    // A cycle or a bigint: the kind of object has to do.
  }
  text ??= Object.prototype.toString.call(value)
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}

function oneOf<T extends string>(
  allowed: readonly T[],
  aliases: Readonly<Record<string, string>>,
  value: unknown,
  refuse: Refuse
): T {
  const name = isText(value) && Object.hasOwn(aliases, value) ? aliases[value] : value
  return allowed.find((known) => known === name) ?? refuse(withNearest(allowed, name))
}

function readPort(value: unknown, refuse: Refuse): string {
  if (isText(value) && value !== '') return value
  const port = readCount(value)
  return port !== undefined && port < 65_536 ? String(port) : refuse('a port number, or * for any')
}

function readDType(value: unknown, refuse: Refuse): WireDType {
  try {
    return parseDType(value as DTypeLike).toWire()
  } catch (error) {
    if (error instanceof DTypeError) return refuse(`a dtype (${error.message})`, error)
    throw error
  }
}

function readShape(value: unknown, refuse: Refuse): readonly number[] {
  const shape = readIntegers(typeof value === 'number' ? [value] : value)
  const fits =
    shape !== undefined &&
    shape.length > 0 &&
    shape.length <= MAX_AXES &&
    shape.every((length) => length > 0 || length === -1)
  return fits ? shape : refuse('a list of lengths above 0, with -1 for those that vary')
}

function readAxisOrder(value: unknown, refuse: Refuse): readonly number[] | null {
  if (value === null) return null
  const order = readIntegers(value)
  return order !== undefined && order.length <= MAX_AXES ? order : refuse('a list of axes, or null')
}

function readScale(value: unknown, refuse: Refuse): number | readonly number[] | null {
  if (value === null) return null
  return readNumber(value) ?? readNumbers(value) ?? refuse('a number, one number per channel, or null')
}

function readSampleRate(value: unknown, refuse: Refuse): number {
  const rate = value === null ? 1 : readNumber(value)
  return rate !== undefined && rate >= 0 && Number.isFinite(rate) ? rate : refuse('a rate in Hz, 0 or more')
}

function readChannelInfo(value: unknown, refuse: Refuse): readonly ChannelInfo[] | undefined {
  if (value === null) return undefined
  const isMap = (entry: unknown): entry is Record<string, unknown> =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry)
  if (!isList(value, isMap)) return refuse('a list with one map per channel')
  return value.map((entry, channel) => ({ ...entry, name: isText(entry['name']) ? entry['name'] : `ch${channel}` }))
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isList<T>(value: unknown, isItem: (item: unknown) => item is T): value is readonly T[] {
  return Array.isArray(value) && value.every(isItem)
}

/** Python's whole numbers may come as bigint. */
function readNumber(value: unknown): number | undefined {
  if (typeof value === 'bigint') return Number(value)
  return typeof value === 'number' ? value : undefined
}

function readCount(value: unknown): number | undefined {
  const number = readNumber(value)
  return number !== undefined && Number.isSafeInteger(number) && number >= 0 ? number : undefined
}

function readBoolean(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  return value === 0 || value === 1 ? value === 1 : undefined
}

/** A list, a typed array or an NdArray of one axis. */
function readNumbers(value: unknown): number[] | undefined {
  const list = isNdArray(value) ? value.toNested() : ArrayBuffer.isView(value) ? [...(value as Float64Array)] : value
  if (!Array.isArray(list)) return undefined
  const numbers = list.map(readNumber)
  return numbers.every((number) => number !== undefined) ? numbers : undefined
}

function readIntegers(value: unknown): number[] | undefined {
  const numbers = readNumbers(value)
  return numbers?.every(Number.isSafeInteger) ? numbers : undefined
}

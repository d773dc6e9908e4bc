import { isDeepStrictEqual } from 'node:util'
import { parseDType, type WireDType } from '@nodeacq/ndarray'
import { SpecError } from './errors.ts'
import { canonicalNames, describe, FIELD_READERS, readExtras, readField } from './fields.ts'
import { readRetention } from './output/retention.ts'
import {
  DEFAULTS,
  WIRE_NAMES,
  type Accounting,
  type InputSpec,
  type OutputOptions,
  type StreamFields,
  type StreamInfo
} from './params.ts'

/** Options of an output that concern only itself and are not published. */
export type LocalOptions = Pick<OutputOptions, (typeof LOCAL)[number]>

/** What an output was told, put together. */
export interface ResolvedOutput {
  info: StreamInfo
  local: LocalOptions
  /** Our names of what `spec` or `options` said; the others are defaults (a shape that nobody gave comes from the first chunk). */
  given: ReadonlySet<string>
}

const LOCAL = ['retention', 'highWaterMark', 'advertise', 'lease', 'preFilters', 'minChunkSize', 'applyScale'] as const

/** Without one of these a map describes no stream. */
const REQUIRED = ['protocol', 'interface', 'port', 'transferMode', 'dtype', 'shape'] as const

/**
 * Puts together what an output shall be: defaults, then the node's `spec`, then the arguments of `configure`. What the
 * spec fixes may be said again, in any spelling, but not changed.
 * @throws {SpecError}
 */
export function resolveOutput(spec: OutputOptions, options: OutputOptions, subject: string): ResolvedOutput {
  const fixed = canonicalNames(Object.entries(spec), subject)
  const asked = canonicalNames(Object.entries(options), subject)
  for (const [key, value] of asked) {
    if (fixed.has(key)) requireSame(key, { fixed: fixed.get(key), asked: value }, subject)
  }
  const given = new Map([...fixed, ...asked])
  const local: LocalOptions = {}
  for (const key of LOCAL) {
    if (given.has(key)) Object.assign(local, { [key]: given.get(key) })
  }
  if (given.has('retention')) local.retention = readRetention(given.get('retention'), subject)
  const published = new Map([...given].filter(([key]) => !Object.hasOwn(local, key)))
  return { info: buildInfo(published, subject), local, given: new Set(given.keys()) }
}

/**
 * Reads a params map that came from elsewhere: every value is checked, what is missing gets pyacq's default, unknown
 * keys are kept. The smallest map has protocol, interface, port, transfermode, dtype and shape.
 * @throws {SpecError} naming the key.
 */
export function parseWireParams(wire: unknown, subject = 'params of a stream'): StreamInfo {
  if (typeof wire !== 'object' || wire === null || Array.isArray(wire)) {
    throw new SpecError({ subject, key: 'params', expected: 'a map', got: describe(wire) })
  }
  const given = canonicalNames(Object.entries(wire), subject)
  for (const field of REQUIRED) {
    if (given.get(field) === undefined || given.get(field) === null) {
      throw new SpecError({ subject, key: WIRE_NAMES[field], expected: 'a value', got: 'nothing' })
    }
  }
  const isPyacq = given.get('nodeacq') === undefined
  return buildInfo(given, subject, isPyacq ? accountingOfPyacq : undefined)
}

/** In pyacq the index of a film counts frames, and that of events and single images nothing that could be checked. */
function accountingOfPyacq({ streamType, shape }: StreamFields): Accounting {
  const kind = kindOf(streamType)
  if (kind === 'event' || kind === 'image') return 'none'
  return kind === 'video' && shape[0] !== -1 ? 'messages' : 'samples'
}

/**
 * Checks that a source is what an input asks for; neither is changed.
 * @throws {SpecError} naming what differs.
 */
export function checkInputSpec(spec: InputSpec, source: StreamInfo, subject: string): void {
  const asked = canonicalNames(Object.entries(spec), subject)
  for (const field of ['protocol', 'transferMode', 'streamType', 'dtype', 'shape'] as const) {
    const wanted = asked.get(field)
    if (wanted === undefined || wanted === null) continue
    const fits =
      field === 'shape'
        ? fitsShape(readPattern(wanted, subject), source.shape)
        : field === 'streamType'
          ? kindOf(readField(field, wanted, subject)) === kindOf(source.streamType)
          : sameValue(field, readField(field, wanted, subject), source[field])
    if (!fits) {
      const got = `${describe(source[field])} of the source`
      throw new SpecError({ subject, key: WIRE_NAMES[field], expected: describe(wanted), got })
    }
  }
}

/** True when a chunk of `shape` suits `pattern`, where -1 is any length. */
export function fitsShape(pattern: readonly number[], shape: readonly number[]): boolean {
  return (
    pattern.length === shape.length &&
    pattern.every((length, axis) => length === -1 || shape[axis] === -1 || length === shape[axis])
  )
}

/** In an input's spec any axis may be -1. */
function readPattern(value: unknown, subject: string): readonly number[] {
  const list: unknown = typeof value === 'number' ? [value] : value
  if (Array.isArray(list) && list.every((length) => Number.isSafeInteger(length) && length >= -1)) return list
  throw new SpecError({ subject, key: 'shape', expected: 'a list of lengths, -1 for any', got: describe(value) })
}

/** pyacq's nodes use two names for signals and two for events. */
function kindOf(streamType: string): string {
  return streamType === 'signals' ? 'analogsignal' : streamType === 'events' ? 'event' : streamType
}

function requireSame(key: string, values: { fixed: unknown; asked: unknown }, subject: string): void {
  const { fixed, asked } = values
  const isSame =
    key in FIELD_READERS
      ? sameValue(
          key as keyof StreamFields,
          readField(key as keyof StreamFields, fixed, subject),
          readField(key as keyof StreamFields, asked, subject)
        )
      : isDeepStrictEqual(fixed, asked)
  if (isSame) return
  const name = key in WIRE_NAMES ? WIRE_NAMES[key as keyof StreamFields] : key
  throw new SpecError({ subject, key: name, expected: `${describe(fixed)}, which is fixed`, got: describe(asked) })
}

function sameValue(field: keyof StreamFields, a: unknown, b: unknown): boolean {
  if (field === 'dtype') return parseDType(a as WireDType).equals(b as WireDType)
  return isDeepStrictEqual(a, b)
}

/** Checks all values and puts them over the defaults. `accountingOf` has a say where the parameters have not. */
function buildInfo(
  given: ReadonlyMap<string, unknown>,
  subject: string,
  accountingOf: (fields: StreamFields) => Accounting = () => 'samples'
): StreamInfo {
  const info: StreamFields & Record<string, unknown> = { ...DEFAULTS }
  for (const [key, value] of given) {
    if (!(key in FIELD_READERS)) {
      info[key] = value
      continue
    }
    const read = readField(key as keyof StreamFields, value, subject)
    if (read !== undefined) Object.assign(info, { [key]: read })
  }
  checkAxes(info, subject)
  return { ...info, ...readExtras(info, subject, accountingOf(info)) }
}

function checkAxes({ axisOrder, shape }: StreamFields, subject: string): void {
  if (axisOrder === null) return
  const isPermutation = axisOrder.length === shape.length && shape.every((_, axis) => axisOrder.includes(axis))
  if (!isPermutation) {
    const expected = `each of the ${shape.length} axes of shape ${describe(shape)} once`
    throw new SpecError({ subject, key: WIRE_NAMES.axisOrder, expected, got: describe(axisOrder) })
  }
}

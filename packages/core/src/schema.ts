import { nearestNames } from '@nodeacq/stream'
import { NdArray, type DTypeLike } from '@nodeacq/ndarray'
import { z } from 'zod'
import { ConfigError } from './errors.ts'

/** A zod object: its `shape` names the options a node takes. */
export type ObjectSchema = z.ZodObject

/**
 * Schema of an array option. Takes nested lists or an NdArray and gives an NdArray of the wanted dtype and number of
 * dimensions, e.g. `ndArraySchema({ dtype: 'float64', ndim: 2 })` for filter sections `(sections, 6)`.
 */
export function ndArraySchema(wanted: { dtype?: DTypeLike; ndim?: number } = {}) {
  const { dtype, ndim } = wanted
  return z.union([z.instanceof(NdArray), z.array(z.unknown())]).transform((value, context) => {
    let array: NdArray
    try {
      array = value instanceof NdArray ? (dtype ? value.astype(dtype) : value) : NdArray.from(value, dtype)
    } catch (error) {
      context.addIssue({ code: 'custom', message: `expected an array of numbers, got: ${(error as Error).message}` })
      return z.NEVER
    }
    if (ndim !== undefined && array.ndim !== ndim) {
      context.addIssue({
        code: 'custom',
        message: `expected ${ndim} dimensions, got shape (${array.shape.join(', ')})`
      })
      return z.NEVER
    }
    return array
  })
}

/** pyacq's name of each option that has one: `{ nb_channel: 'channelCount' }`, from `.meta({ pyacq: 'nb_channel' })`. */
export function pyacqKeys(schema: ObjectSchema): Record<string, string> {
  const keys: Record<string, string> = {}
  for (const [name, field] of Object.entries(schema.shape)) {
    const meta = (field as z.ZodType).meta()
    const pyacq = meta?.['pyacq']
    for (const alias of Array.isArray(pyacq) ? pyacq : [pyacq]) if (typeof alias === 'string') keys[alias] = name
  }
  return keys
}

/**
 * Validates options against a schema. Option names may be pyacq's.
 * @throws {ConfigError} with every mistake: path, what was expected, what came, the nearest valid name.
 */
export function parseOptions<T>(schema: ObjectSchema, options: unknown, subject: string): T {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ConfigError(subject, [`expected an object of options, got ${describe(options)}`])
  }
  const names = Object.keys(schema.shape)
  const aliases = pyacqKeys(schema)
  const catchall = schema.def.catchall as z.ZodType | undefined
  const takesMore = catchall !== undefined && catchall.def.type !== 'never'
  const given: Record<string, unknown> = {}
  const problems: string[] = []
  for (const [key, value] of Object.entries(options)) {
    const name = names.includes(key) ? key : (aliases[key] ?? key)
    if (!names.includes(name) && !takesMore) {
      const near = nearestNames(key, names)
      const hint = near.length ? `did you mean '${near[0]}'?` : `it takes ${names.join(', ') || 'no options'}`
      problems.push(`unknown option '${key}'; ${hint}`)
    } else if (value !== undefined) given[name] = value
  }
  const result = schema.safeParse(given)
  if (!result.success) {
    for (const issue of result.error.issues) {
      const path = issue.path.map(String).join('.')
      problems.push(`${path ? `'${path}': ` : ''}${issue.message}${got(given, issue.path)}`)
    }
  }
  if (problems.length > 0) throw new ConfigError(subject, problems)
  return result.data as T
}

function got(given: unknown, path: readonly PropertyKey[]): string {
  let value = given
  for (const key of path) value = (value as Record<PropertyKey, unknown> | undefined)?.[key]
  return value === undefined ? '' : `, got ${describe(value)}`
}

function describe(value: unknown): string {
  if (value instanceof NdArray) return `an array of shape (${value.shape.join(', ')})`
  const text =
    JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? String(item) : item)) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

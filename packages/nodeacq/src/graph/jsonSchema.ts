import { z } from 'zod'

/** The parts of JSON Schema that describe the options of nodes; `pyacq` and `unit` come from zod's `.meta()`. */
export interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | JsonSchema
  readonly items?: JsonSchema | boolean
  readonly prefixItems?: readonly JsonSchema[]
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly minLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly pattern?: string
  readonly pyacq?: string | readonly string[]
  readonly unit?: string
  readonly [key: string]: unknown
}

/** What a zod schema takes (before its transforms), as JSON Schema. */
export function toJsonSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' })
  return rest as JsonSchema
}

/** pyacq's names of the properties of a schema: `{ nb_channel: 'channelCount' }`. */
export function pyacqNames(schema: JsonSchema): Record<string, string> {
  const names: Record<string, string> = {}
  for (const [name, { pyacq }] of Object.entries(schema.properties ?? {})) {
    for (const wire of pyacq === undefined ? [] : [pyacq].flat()) names[wire as string] = name
  }
  return names
}

/** The alternatives of a schema: itself, or the branches of its unions, flat. */
export function branches(schema: JsonSchema): readonly JsonSchema[] {
  const parts = schema.anyOf ?? schema.oneOf
  if (parts !== undefined) return parts.flatMap(branches)
  return Array.isArray(schema.type) ? schema.type.map((type: string) => ({ ...schema, type })) : [schema]
}

/** The longest integer limits are what zod gives every integer; they say nothing. */
const SAFE = Number.MAX_SAFE_INTEGER

/** The type and limits of a value in words: `number > 0`, `integer 1 to 8`, `'x' | 'y'`, `list of number`. */
export function describeType(schema: JsonSchema): string {
  const parts = branches(schema)
  if (parts.length > 1) {
    const words = [...new Set(parts.map(describeType))]
    // null says as much as leaving the option out.
    return words.filter((word) => word !== 'any' && word !== 'null').join(' | ')
  }
  const { enum: values, type, items, properties } = parts[0]!
  if (schema.const !== undefined) return JSON.stringify(schema.const).replaceAll('"', "'")
  if (values !== undefined) return values.map((value) => JSON.stringify(value).replaceAll('"', "'")).join(' | ')
  if (type === 'array') return describeList(schema, typeof items === 'object' ? items : undefined)
  if (properties !== undefined) return `{ ${Object.keys(properties).join(', ')} }`
  if (type === 'object') return 'map'
  if (type === 'string') return 'text'
  if (type === 'boolean') return 'true | false'
  if (type === 'number' || type === 'integer') return `${type}${limits(schema)}`
  return type === undefined ? 'any' : [type].flat().join(' | ')
}

function describeList({ prefixItems, minItems, maxItems }: JsonSchema, items: JsonSchema | undefined): string {
  if (prefixItems !== undefined) return `[${prefixItems.map(describeType).join(', ')}]`
  const count = minItems !== undefined && minItems === maxItems ? ` of ${minItems}` : ''
  const item = items === undefined ? 'any' : describeType(items)
  if (item === 'any') return `list${count}`
  return count ? `list${count} × ${item}` : `list of ${item.includes(' | ') ? `(${item})` : item}`
}

function limits({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  const low = minimum === -SAFE ? undefined : minimum
  const high = maximum === SAFE ? undefined : maximum
  if (low !== undefined && high !== undefined) return ` ${low} to ${high}`
  const parts = [
    low !== undefined && `≥ ${low}`,
    exclusiveMinimum !== undefined && `> ${exclusiveMinimum}`,
    high !== undefined && `≤ ${high}`,
    exclusiveMaximum !== undefined && `< ${exclusiveMaximum}`
  ].filter((part) => part !== false)
  return parts.length === 0 ? '' : ` ${parts.join(', ')}`
}

import type { z } from 'zod'
import { branches, pyacqNames, toJsonSchema, type JsonSchema } from './jsonSchema.ts'
import type { MistakeList } from './mistakes.ts'
import { nearest } from './nearest.ts'
import type { Place } from './SourceText.ts'
import { describeTree, describeValue, placeAt, treeValue, type Tree } from './Tree.ts'

export interface OptionsCheck {
  readonly schema: z.ZodObject
  /** What stands there; undefined when the key is missing. */
  readonly tree: Tree | undefined
  /** Where to point when something is missing. */
  readonly place: Place
  /** Begins each message, e.g. `node 'amp': configure`. */
  readonly subject: string
  readonly mistakes: MistakeList
}

/**
 * Checks a map of options against a zod schema: keys (pyacq's names count, and come back as ours), values, limits.
 * @returns the options as written, under our names; {} when they are no map.
 */
export function checkOptions({ schema, tree, place, subject, mistakes }: OptionsCheck): Record<string, unknown> {
  if (tree !== undefined && tree.kind !== 'map' && !(tree.kind === 'scalar' && tree.value === null)) {
    mistakes.add(tree.place, `${subject} is ${describeTree(tree)}`, { expected: 'a map of options' })
    return {}
  }
  const json = toJsonSchema(schema)
  const ours = tree?.kind === 'map' ? renameKeys(tree, pyacqNames(json)) : undefined
  if (ours !== undefined) checkKeys(ours, json, { subject, mistakes })
  const value = (ours === undefined ? {} : treeValue(ours)) as Record<string, unknown>
  const result = schema.safeParse(value)
  if (result.success) return value
  for (const issue of result.error.issues) {
    const { path, message, isMissing } = explain(issue, value)
    const at = ours === undefined ? place : placeAt(ours, path, place)
    const where = [subject, ...path.map(String)].join('.')
    if (isMissing) mistakes.add(at, `${where} is missing`, { expected: message })
    else {
      const known =
        issue.code === 'invalid_value' ? nearest(String(valueAt(value, path)), issue.values.map(String)) : undefined
      mistakes.add(at, `${where} is ${describeValue(valueAt(value, path))}`, { expected: message, nearest: known })
    }
  }
  return value
}

function renameKeys(tree: Extract<Tree, { kind: 'map' }>, names: Readonly<Record<string, string>>) {
  const entries = [...tree.entries].map(([key, entry]) => [names[key] ?? key, entry] as const)
  return { ...tree, entries: new Map(entries) }
}

/** zod drops keys that it does not know; here each is a mistake. */
function checkKeys(tree: Tree, schema: JsonSchema, context: { subject: string; mistakes: MistakeList }): void {
  const { subject, mistakes } = context
  if (tree.kind === 'list') {
    for (const item of tree.items) if (typeof schema.items === 'object') checkKeys(item, schema.items, context)
    return
  }
  if (tree.kind !== 'map') return
  // A union takes the keys of all its branches here; which of them go together is zod's part.
  const objects = branches(schema).filter((branch) => branch.type === 'object')
  if (objects.length === 0 || objects.some(takesAnyKey)) return
  const known = Object.assign({}, ...objects.map((branch) => branch.properties ?? {})) as Record<string, JsonSchema>
  for (const [key, { place, value }] of tree.entries) {
    const property = known[key]
    if (property !== undefined) {
      checkKeys(value, property, { subject: `${subject}.${key}`, mistakes })
      continue
    }
    const names = Object.keys(known)
    const expected = names.length === 0 ? 'no options at all' : `one of ${names.join(', ')}`
    mistakes.add(place, `${subject}: unknown option '${key}'`, { expected, nearest: nearest(key, names) })
  }
}

function takesAnyKey({ additionalProperties, properties }: JsonSchema): boolean {
  return (additionalProperties !== undefined && additionalProperties !== false) || properties === undefined
}

interface Explanation {
  readonly path: readonly PropertyKey[]
  /** What is expected there. */
  readonly message: string
  readonly isMissing: boolean
}

function explain(issue: z.core.$ZodIssue, value: unknown): Explanation {
  if (issue.code === 'invalid_union') return explainUnion(issue, value)
  const isMissing = valueAt(value, issue.path) === undefined
  return { path: issue.path, message: expectedBy(issue), isMissing }
}

/** Of the branches of a union, the one that fits best speaks: the deepest path, then the fewest complaints. */
function explainUnion(issue: z.core.$ZodIssueInvalidUnion, value: unknown): Explanation {
  const at = valueAt(value, issue.path)
  if (at === undefined) return { path: issue.path, message: 'a value', isMissing: true }
  const fits = issue.errors.filter(
    (branch) => !branch.some(({ path, code }) => path.length === 0 && code === 'invalid_type')
  )
  const [only] = fits.toSorted((a, b) => a.length - b.length)
  const [first] = only ?? []
  if (first === undefined) {
    // Classes (NdArray) are for programs; a file can only hold the other branches.
    const kinds = issue.errors.flatMap((branch) => branch.map(expectedBy)).filter((kind) => !/^[A-Z]/.test(kind))
    return { path: issue.path, message: [...new Set(kinds)].join(' or ') || 'another value', isMissing: false }
  }
  const inner = explain(first, at)
  return { ...inner, path: [...issue.path, ...inner.path] }
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  object: 'a map',
  record: 'a map',
  array: 'a list',
  tuple: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  nonoptional: 'a value'
}

function expectedBy(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return KINDS[issue.expected] ?? issue.expected
    case 'invalid_value':
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.map(String).join(', ')}`
    case 'too_small':
      return `${issue.exact ? 'exactly' : issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${unitOf(issue.origin)}`
    case 'too_big':
      return `${issue.exact ? 'exactly' : issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${unitOf(issue.origin)}`
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`
    default:
      return issue.message.replace(/^expected /i, '')
  }
}

function unitOf(origin: string): string {
  if (origin === 'array') return ' items'
  return origin === 'string' ? ' characters' : ''
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value
  for (const key of path) at = (at as Record<PropertyKey, unknown> | null | undefined)?.[key]
  return at
}

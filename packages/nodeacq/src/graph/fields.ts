import type { MistakeList } from './mistakes.ts'
import { nearest } from './nearest.ts'
import type { Place } from './SourceText.ts'
import { describeTree, type Entry, type Tree } from './Tree.ts'

/** Where a value stands, and what messages call it. */
export interface Where {
  readonly subject: string
  readonly mistakes: MistakeList
}

export const isEmpty = (tree: Tree): boolean => tree.kind === 'scalar' && tree.value === null

/** The members of a map with fixed keys; other keys are mistakes. An empty value counts as an empty map. */
export function readFields<K extends string>(
  tree: Tree,
  keys: readonly K[],
  { subject, mistakes }: Where
): Partial<Record<K, Entry>> {
  const fields: Partial<Record<K, Entry>> = {}
  const prefix = subject === '' ? '' : `${subject}: `
  for (const [key, entry] of readEntries(tree, { subject: subject || 'the document', mistakes })) {
    if ((keys as readonly string[]).includes(key)) fields[key as K] = entry
    else {
      const expected = `one of ${keys.join(', ')}`
      mistakes.add(entry.place, `${prefix}unknown key '${key}'`, { expected, nearest: nearest(key, keys) })
    }
  }
  return fields
}

/** The members of a map whose keys are free. */
export function readEntries(tree: Tree | undefined, { subject, mistakes }: Where): [string, Entry][] {
  if (tree === undefined || isEmpty(tree)) return []
  if (tree.kind === 'map') return [...tree.entries]
  mistakes.add(tree.place, `${subject} is ${describeTree(tree)}`, { expected: 'a map' })
  return []
}

/** As {@link readEntries}, for names that references such as `node.output` are made of. */
export function readNamed(tree: Tree | undefined, where: Where & { what: string }): [string, Entry][] {
  return readEntries(tree, where).filter(([name, { place }]) => {
    const isName = /^[^\s.:/]+( [^\s.:/]+)*$/u.test(name)
    if (!isName) {
      const expected = 'letters, digits, - and _'
      where.mistakes.add(place, `'${name}' cannot be the name of a ${where.what}`, { expected })
    }
    return isName
  })
}

export function readList(tree: Tree | undefined, { subject, mistakes }: Where): readonly Tree[] {
  if (tree === undefined || isEmpty(tree)) return []
  if (tree.kind === 'list') return tree.items
  mistakes.add(tree.place, `${subject} is ${describeTree(tree)}`, { expected: 'a list' })
  return []
}

export function readText(entry: Entry | undefined, { subject, mistakes }: Where): string | undefined {
  if (entry === undefined) return undefined
  const { value: tree } = entry
  if (tree.kind === 'scalar' && typeof tree.value === 'string' && tree.value !== '') return tree.value
  // A name such as 2026 or true was meant as text.
  if (tree.kind === 'scalar' && tree.value !== null && tree.value !== '') return String(tree.value)
  mistakes.add(isEmpty(tree) ? entry.place : tree.place, `${subject} is ${describeTree(tree)}`, { expected: 'text' })
  return undefined
}

export function readPositive(entry: Entry | undefined, { subject, mistakes }: Where): number | undefined {
  if (entry === undefined) return undefined
  const { value: tree } = entry
  if (tree.kind === 'scalar' && typeof tree.value === 'number' && tree.value > 0) return tree.value
  mistakes.add(isEmpty(tree) ? entry.place : tree.place, `${subject} is ${describeTree(tree)}`, {
    expected: 'a number above 0'
  })
  return undefined
}

/** Finds `name` among `names`; a name that is not there is a mistake. */
export function checkName(
  name: string,
  names: readonly string[],
  { place, message, mistakes, expected }: { place: Place; message: string; mistakes: MistakeList; expected?: string }
): boolean {
  if (names.includes(name)) return true
  const other = expected ?? (names.length === 0 ? 'none: there is no such thing' : `one of ${names.join(', ')}`)
  mistakes.add(place, message, { expected: other, nearest: nearest(name, names) })
  return false
}

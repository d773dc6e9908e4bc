import type { Place } from './SourceText.ts'

/** A document with the place of every value, whatever syntax it was written in. */
export type Tree = MapTree | ListTree | ScalarTree

export interface MapTree {
  readonly kind: 'map'
  readonly place: Place
  readonly entries: Map<string, Entry>
}

export interface Entry {
  /** Of the key. */
  readonly place: Place
  readonly value: Tree
}

export interface ListTree {
  readonly kind: 'list'
  readonly place: Place
  readonly items: Tree[]
}

export interface ScalarTree {
  readonly kind: 'scalar'
  readonly place: Place
  readonly value: string | number | boolean | null
  /** Written without quotes: what a variable in it turns into is read as YAML again. */
  readonly isPlain: boolean
}

/** The plain value of a tree. */
export function treeValue(tree: Tree): unknown {
  switch (tree.kind) {
    case 'map':
      return Object.fromEntries([...tree.entries].map(([key, { value }]) => [key, treeValue(value)]))
    case 'list':
      return tree.items.map(treeValue)
    case 'scalar':
      return tree.value
  }
}

/**
 * The place of the value at `path`. When the path leaves the tree (a key that is missing), the place of the last
 * thing on it, so that a message always points somewhere near.
 */
export function placeAt(tree: Tree, path: readonly PropertyKey[], keyPlace: Place = tree.place): Place {
  const [first, ...rest] = path
  if (first === undefined) return tree.kind === 'scalar' ? tree.place : keyPlace
  if (tree.kind === 'map') {
    const entry = tree.entries.get(String(first))
    return entry === undefined ? keyPlace : placeAt(entry.value, rest, entry.place)
  }
  if (tree.kind === 'list') {
    const item = tree.items[Number(first)]
    return item === undefined ? keyPlace : placeAt(item, rest, item.place)
  }
  return tree.place
}

/** What a value is, in the words of messages: `a map`, `a list`, `text 'abc'`, `the number 3`. */
export function describeTree(tree: Tree): string {
  return describeValue(treeValue(tree))
}

/** As {@link describeTree}, of a plain value. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`
  if (typeof value === 'object') return 'a map'
  if (typeof value === 'string') return `text '${value}'`
  if (typeof value === 'number') return `the number ${value}`
  return typeof value === 'boolean' ? String(value) : 'something else'
}

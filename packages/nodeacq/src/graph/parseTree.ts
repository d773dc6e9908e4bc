import { isAlias, isMap, isScalar, isSeq, parseDocument, type Alias, type Document, type Node, type Pair } from 'yaml'
import type { MistakeList } from './mistakes.ts'
import { placeText, type Place, type SourceText } from './SourceText.ts'
import type { Entry, Tree } from './Tree.ts'

/**
 * Reads YAML (JSON is a part of it) from `offset` to the end of a source. Syntax errors, keys that stand twice and
 * unknown anchors go to `mistakes`; the tree then holds what could be read, and is undefined when nothing could.
 */
export function parseTree(source: SourceText, mistakes: MistakeList, offset = 0): Tree | undefined {
  const text = source.text.slice(offset)
  const document = parseDocument(text, {
    prettyErrors: false,
    uniqueKeys: false,
    merge: true
  })
  for (const error of document.errors) {
    const [start, end] = error.pos
    const place = { source, start: start + offset, end: end + offset }
    mistakes.add(place, `YAML: ${lowerFirst(error.message)}`, { expected: 'a YAML or JSON document' })
  }
  if (document.errors.length > 0) return undefined
  return toTree(document.contents, { document, source, offset, mistakes, aliases: 0 })
}

interface Context {
  readonly document: Document
  readonly source: SourceText
  readonly offset: number
  readonly mistakes: MistakeList
  /** Depth of aliases, so that a document that refers to itself ends. */
  readonly aliases: number
}

function toTree(node: Node | null, context: Context): Tree {
  const place = placeOf(node, context)
  if (isMap(node)) {
    const entries = new Map<string, Entry>()
    for (const pair of node.items) if (!isMerge(pair)) addPair(entries, pair, context)
    for (const pair of node.items) if (isMerge(pair)) mergePair(entries, pair, context)
    return { kind: 'map', place, entries }
  }
  if (isSeq(node)) return { kind: 'list', place, items: node.items.map((item) => toTree(item as Node, context)) }
  if (isAlias(node)) return aliasTree(node, place, context)
  const value = isScalar(node) ? node.value : null
  const plain = typeof value === 'bigint' ? Number(value) : value
  const isPlain = isScalar(node) && node.type === 'PLAIN'
  return { kind: 'scalar', place, value: plain as string | number | boolean | null, isPlain }
}

function aliasTree(node: Alias, place: Place, context: Context): Tree {
  const target = node.resolve(context.document)
  if (target === undefined || context.aliases >= 16) {
    const message = `YAML: the anchor '&${node.source}' does not exist`
    context.mistakes.add(place, message, { expected: 'an anchor defined above' })
    return { kind: 'scalar', place, value: null, isPlain: true }
  }
  return toTree(target, { ...context, aliases: context.aliases + 1 })
}

function addPair(entries: Map<string, Entry>, { key, value }: Pair, context: Context): void {
  const place = placeOf(key as Node, context)
  if (!isScalar(key)) {
    context.mistakes.add(place, 'a key must be a word', { expected: 'key: value' })
    return
  }
  const name = String(key.value)
  const first = entries.get(name)
  if (first !== undefined) {
    const message = `'${name}' stands twice; first at ${placeText(first.place)}`
    context.mistakes.add(place, message, { expected: 'each name once' })
  } else entries.set(name, { place, value: toTree(value as Node | null, context) })
}

/** `<<: *other`: the entries of another map, where this one has none of its own. */
function mergePair(entries: Map<string, Entry>, { value }: Pair, context: Context): void {
  const merged = toTree(value as Node | null, context)
  for (const tree of merged.kind === 'list' ? merged.items : [merged]) {
    if (tree.kind !== 'map') continue
    for (const [name, entry] of tree.entries) if (!entries.has(name)) entries.set(name, entry)
  }
}

/** The key of a merge is text or the symbol of that name, as the library likes. */
function isMerge({ key }: Pair): boolean {
  const value: unknown = isScalar(key) ? key.value : key
  return value === '<<' || (typeof value === 'symbol' && value.description === '<<')
}

function placeOf(node: Node | null, { source, offset }: Context): Place {
  const [start, end] = node?.range ?? [0, 0]
  return { source, start: start + offset, end: end + offset }
}

const lowerFirst = (text: string) => text.slice(0, 1).toLowerCase() + text.slice(1)

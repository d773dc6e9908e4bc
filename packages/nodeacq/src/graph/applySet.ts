import { nearest } from './nearest.ts'
import type { MistakeList } from './mistakes.ts'
import { parseTree } from './parseTree.ts'
import { SourceText, type Place } from './SourceText.ts'
import { describeTree, type MapTree, type Tree } from './Tree.ts'

/**
 * Applies one `--set path.to.key=value` to a document. The value is YAML. Names of nodes, groups and hosts on the path
 * must exist; below them a key that is missing is made, and checked like every other key afterwards.
 */
export function applySet(tree: MapTree, argument: string, mistakes: MistakeList): void {
  const source = new SourceText('--set', argument)
  const equals = argument.indexOf('=')
  const whole = { source, start: 0, end: argument.length }
  const keys = argument.slice(0, Math.max(equals, 0)).split('.')
  if (equals <= 0 || keys.includes('')) {
    mistakes.add(whole, `'${argument}' sets nothing`, { expected: 'path.to.key=value' })
    return
  }
  const value = parseTree(source, mistakes, equals + 1)
  if (value === undefined) return
  let container: Tree = tree
  let start = 0
  for (const [depth, key] of keys.entries()) {
    const place: Place = { source, start, end: start + key.length }
    const isLast = depth === keys.length - 1
    const next = step({ container, keys, depth, place, value: isLast ? value : undefined }, mistakes)
    if (next === undefined) return
    container = next
    start += key.length + 1
  }
}

/** Sections whose members have names that somebody chose: a path cannot make one. */
const NAMED_SECTIONS = ['nodes', 'groups', 'hosts']

interface Step {
  readonly container: Tree
  readonly keys: readonly string[]
  readonly depth: number
  readonly place: Place
  /** At the last key. */
  readonly value: Tree | undefined
}

function step({ container, keys, depth, place, value }: Step, mistakes: MistakeList): Tree | undefined {
  const key = keys[depth]!
  const parent = keys.slice(0, depth).join('.') || 'the document'
  if (container.kind === 'list') {
    const index = Number(key)
    if (!Number.isInteger(index) || index < 0 || index >= container.items.length) {
      const expected = `a position from 0 to ${container.items.length - 1}`
      mistakes.add(place, `${parent}: no position '${key}' in the list`, { expected })
      return undefined
    }
    if (value !== undefined) container.items[index] = value
    return container.items[index]
  }
  if (container.kind === 'scalar' && container.value !== null) {
    mistakes.add(place, `${parent} is ${describeTree(container)} and has no '${key}'`, { expected: 'a map' })
    return undefined
  }
  // An empty value (`params:`) never reaches here: it is replaced by a map below, before it is entered.
  const { entries } = container as MapTree
  const entry = entries.get(key)
  if (entry === undefined && depth === 1 && NAMED_SECTIONS.includes(keys[0]!)) {
    const message = `${parent} has no '${key}'`
    mistakes.add(place, message, { expected: [...entries.keys()].join(', '), nearest: nearest(key, entries.keys()) })
    return undefined
  }
  if (value === undefined && entry !== undefined && !isEmpty(entry.value)) return entry.value
  const made = value ?? { kind: 'map' as const, place, entries: new Map() }
  entries.set(key, { place, value: made })
  return made
}

const isEmpty = (tree: Tree) => tree.kind === 'scalar' && tree.value === null

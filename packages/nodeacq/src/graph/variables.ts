import { parse } from 'yaml'
import type { MistakeList } from './mistakes.ts'
import type { Place } from './SourceText.ts'
import type { ScalarTree, Tree } from './Tree.ts'
import { nearest } from './nearest.ts'

/** What `${…}` in a graph file may stand for. */
export interface Variables {
  /** Absolute path of the recording folder, for `${out}`. Called only when the file uses it. */
  out(): string
  env: Readonly<Record<string, string | undefined>>
}

/**
 * Replaces `${out}` and `${env:NAME}` in every text of a tree (`$${` gives a plain `${`). A text written without
 * quotes is read as YAML again, so that `sampleRate: ${env:RATE}` becomes a number; a quoted one stays text.
 */
export function substitute(tree: Tree, variables: Variables, mistakes: MistakeList): Tree {
  switch (tree.kind) {
    case 'map': {
      const entries = [...tree.entries].map(
        ([key, { place, value }]) => [key, { place, value: substitute(value, variables, mistakes) }] as const
      )
      return { ...tree, entries: new Map(entries) }
    }
    case 'list':
      return { ...tree, items: tree.items.map((item) => substitute(item, variables, mistakes)) }
    case 'scalar':
      return typeof tree.value === 'string' && tree.value.includes('${') ? fill(tree, variables, mistakes) : tree
  }
}

function fill(tree: ScalarTree, variables: Variables, mistakes: MistakeList): ScalarTree {
  let readAgain = tree.isPlain
  const text = String(tree.value).replaceAll(/\$?\$\{([^}]*)\}/g, (whole, name: string) => {
    if (whole.startsWith('$$')) {
      readAgain = false
      return whole.slice(1)
    }
    return lookUp(name, tree.place, variables, mistakes) ?? whole
  })
  return { ...tree, value: readAgain ? scalarOf(text) : text }
}

function lookUp(name: string, place: Place, variables: Variables, mistakes: MistakeList): string | undefined {
  if (name === 'out') return variables.out()
  if (name.startsWith('env:')) {
    const value = variables.env[name.slice(4)]
    if (value === undefined)
      mistakes.add(place, `environment variable '${name.slice(4)}' is not set`, { expected: 'a variable that is set' })
    return value
  }
  mistakes.add(place, `unknown variable '\${${name}}'`, {
    expected: '${out} or ${env:NAME}',
    nearest: nearest(name, ['out'])
  })
  return undefined
}

function scalarOf(text: string): string | number | boolean | null {
  if (text === '') return ''
  try {
    const value: unknown = parse(text)
    if (typeof value === 'number' || typeof value === 'boolean') return value
  } catch {
    // No YAML of its own (a Windows path, a colon): the text as it is.
  }
  return text
}

import type { QueryNode } from './nodes.ts'

/** From a node to others, nearest first (XPath 1.0, section 2.2). */
export type Axis = (node: QueryNode) => readonly QueryNode[]

const descendants: Axis = (node) => node.children.flatMap((child) => [child, ...descendants(child)])
const ancestors: Axis = (node) => (node.parent === undefined ? [] : [node.parent, ...ancestors(node.parent)])

function siblings(node: QueryNode, isAfter: boolean): readonly QueryNode[] {
  const all = node.kind === 'attribute' ? [] : (node.parent?.children ?? [])
  const at = all.indexOf(node)
  return isAfter ? all.slice(at + 1) : all.slice(0, Math.max(0, at)).toReversed()
}

const withSelf =
  (axis: Axis): Axis =>
  (node) => [node, ...axis(node)]

export const AXES: ReadonlyMap<string, Axis> = new Map<string, Axis>([
  ['self', (node) => [node]],
  ['child', (node) => node.children],
  ['parent', ({ parent }) => (parent === undefined ? [] : [parent])],
  ['attribute', ({ attributes }) => attributes],
  ['descendant', descendants],
  ['descendant-or-self', withSelf(descendants)],
  ['ancestor', ancestors],
  ['ancestor-or-self', withSelf(ancestors)],
  ['following-sibling', (node) => siblings(node, true)],
  ['preceding-sibling', (node) => siblings(node, false)],
  [
    'following',
    (node) => withSelf(ancestors)(node).flatMap((each) => siblings(each, true).flatMap(withSelf(descendants)))
  ],
  [
    'preceding',
    (node) =>
      withSelf(ancestors)(node).flatMap((each) =>
        siblings(each, false).flatMap((one) => withSelf(descendants)(one).toReversed())
      )
  ]
])

import type { GraphNode } from './Graph.ts'
import type { MistakeList } from './mistakes.ts'

/** Sources first, otherwise in the order of the file. Every cycle is a mistake that names its path. */
export function sortNodes(nodes: readonly GraphNode[], mistakes: MistakeList): GraphNode[] {
  const byName = new Map(nodes.map((node) => [node.name, node]))
  const sorted: GraphNode[] = []
  const done = new Set<GraphNode>()
  const path: GraphNode[] = []
  const visit = (node: GraphNode): void => {
    if (done.has(node)) return
    path.push(node)
    for (const { from, place, name } of node.inputs) {
      const source = byName.get(from.node)
      if (source === undefined) continue
      const at = path.indexOf(source)
      if (at < 0) visit(source)
      else {
        // The path holds consumers before their sources; data flows the other way.
        const names = [...path.slice(at), source].reverse().map((member) => member.name)
        const message = `node '${node.name}': input '${name}' closes a cycle: ${names.join(' → ')}`
        mistakes.add(place, message, { expected: 'a graph without cycles' })
      }
    }
    path.pop()
    done.add(node)
    sorted.push(node)
  }
  for (const node of nodes) visit(node)
  return sorted
}

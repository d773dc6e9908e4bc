import { LOCAL_HOST, type Graph, type GraphNode } from './Graph.ts'

/**
 * A graph as text: hosts, their groups, and each node with where its data comes from.
 * ```text
 * demo
 *
 * local
 * └─ analysis
 *    ├─ filter  SosFilter    signals ◄─ amp.signals
 *    └─ disk    RawRecorder  raw ◄─ amp.signals
 *                            filtered ◄─ filter.signals
 * lab  tcp://127.0.0.1:8000
 * └─ acquisition
 *    └─ amp     NoiseGenerator
 * ```
 */
export function drawGraph(graph: Graph): string {
  const hosts = [{ name: LOCAL_HOST, address: '' }, ...graph.hosts]
  const nameWidth = Math.max(0, ...graph.nodes.map((node) => node.name.length))
  const typeWidth = Math.max(0, ...graph.nodes.map((node) => node.type.length))
  const lines = [graph.name, '']
  for (const host of hosts) {
    const groups = graph.groups.filter((group) => group.host === host.name)
    if (groups.length === 0) continue
    lines.push([host.name, host.address].filter(Boolean).join('  '))
    branch(lines, groups, '', (group) => ({
      head: [group.name],
      below: (prefix) => {
        const nodes = graph.nodes.filter((node) => node.group === group.name)
        branch(lines, nodes, prefix, (node) => ({ head: nodeLines(node, nameWidth, typeWidth) }))
      }
    }))
  }
  return lines.join('\n')
}

interface Drawing {
  readonly head: readonly string[]
  readonly below?: (prefix: string) => void
}

function branch<T>(lines: string[], items: readonly T[], prefix: string, draw: (item: T) => Drawing): void {
  for (const [index, item] of items.entries()) {
    const isLast = index === items.length - 1
    const deeper = `${prefix}${isLast ? '   ' : '│  '}`
    const { head, below } = draw(item)
    for (const [row, text] of head.entries())
      lines.push(`${row === 0 ? `${prefix}${isLast ? '└─ ' : '├─ '}` : deeper}${text}`.trimEnd())
    below?.(deeper)
  }
}

function nodeLines(node: GraphNode, nameWidth: number, typeWidth: number): string[] {
  const head = `${node.name.padEnd(nameWidth)}  ${node.type.padEnd(typeWidth)}`
  const inputs = node.inputs.map(({ name, from, delivery }) => {
    const options = delivery === undefined ? '' : ` (${delivery})`
    return `${name} ◄─ ${from.node}.${from.output}${options}`
  })
  if (inputs.length === 0) return [head]
  return inputs.map((input, row) => `${row === 0 ? head : ' '.repeat(head.length)}  ${input}`)
}

import { dirname, resolve } from 'node:path'
import { applySet } from './applySet.ts'
import { checkPlacement } from './checkPlacement.ts'
import { readFields, readText } from './fields.ts'
import type { Graph } from './Graph.ts'
import { MistakeList, type Mistake } from './mistakes.ts'
import { sortNodes } from './order.ts'
import { parseTree } from './parseTree.ts'
import { readGroups, readHosts } from './readHosts.ts'
import { readModules } from './readModules.ts'
import { readNodes } from './readNodes.ts'
import { readRequire } from './readRequire.ts'
import { SourceText } from './SourceText.ts'
import { describeTree } from './Tree.ts'
import type { TypeCatalog } from './TypeCatalog.ts'
import { substitute } from './variables.ts'

const GRAPH_KEYS = ['name', 'hosts', 'modules', 'groups', 'nodes', 'require'] as const

export interface ParseOptions {
  /** The node types that there are; modules of the file are loaded into it. */
  readonly catalog: TypeCatalog
  /** `path.to.key=value`, applied to the document before it is checked. */
  readonly set?: readonly string[]
  /** What `${out}` stands for. Default: `recordings/<name>-<time>` in the working directory. */
  readonly out?: string | undefined
  readonly env?: Readonly<Record<string, string | undefined>>
  /** The time in the default of `out`. */
  readonly now?: Date
}

export interface ParseResult {
  /** Undefined when there are mistakes. */
  readonly graph: Graph | undefined
  /** All of them, in the order of the file. */
  readonly mistakes: readonly Mistake[]
}

/**
 * Reads a graph file (YAML or JSON) and checks everything that can be known before it runs.
 * @param file its name, for messages; module paths are relative to its folder
 */
export async function parseGraph(text: string, file: string, options: ParseOptions): Promise<ParseResult> {
  const { catalog, set = [], env = process.env, now = new Date() } = options
  const mistakes = new MistakeList()
  const source = new SourceText(file, text)
  const written = parseTree(source, mistakes)
  const failed = () => ({ graph: undefined, mistakes: mistakes.sorted() })
  if (written === undefined) return failed()
  if (written.kind !== 'map') {
    mistakes.add(written.place, `the document is ${describeTree(written)}`, {
      expected: `a map with ${GRAPH_KEYS.join(', ')}`
    })
    return failed()
  }
  for (const argument of set) applySet(written, argument, mistakes)

  const nameTree = written.entries.get('name')
  const name = readText(nameTree, { subject: 'name', mistakes }) ?? 'graph'
  let out: string | undefined
  const variables = { env, out: () => (out ??= resolve(options.out ?? defaultOut(name, now))) }
  const tree = substitute(written, variables, mistakes)

  const sections = readFields(tree, GRAPH_KEYS, { subject: '', mistakes })
  if (sections.nodes === undefined) {
    mistakes.add({ source, start: 0, end: 1 }, 'the graph has no nodes', { expected: "a section 'nodes'" })
  }
  const hosts = readHosts(sections.hosts?.value, mistakes)
  const groups = readGroups(sections.groups?.value, { hosts, mistakes, place: tree.place })
  const { modules, failed: failedModules } = await readModules(sections.modules?.value, {
    hosts,
    catalog,
    mistakes,
    folder: dirname(resolve(file))
  })
  const nodes = readNodes(sections.nodes?.value, { groups, modules, failedModules, catalog, mistakes })
  const require = readRequire(sections.require, { nodes, catalog, mistakes })
  const sorted = sortNodes(nodes, mistakes)
  checkPlacement({ nodes, groups, hosts, mistakes })

  if (!mistakes.isEmpty) return failed()
  const used = new Set(nodes.map((node) => node.group))
  const graph: Graph = {
    name,
    file,
    hosts,
    modules,
    // `main` exists only when somebody is in it.
    groups: groups.filter((group) => group.isWritten || used.has(group.name)),
    nodes: sorted,
    require,
    out
  }
  return { graph, mistakes: [] }
}

/** `recordings/demo-2026-03-01T14-05-09`; the time of this machine, in a form every file system takes. */
function defaultOut(name: string, now: Date): string {
  const two = (part: number) => String(part).padStart(2, '0')
  const date = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join('-')
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join('-')
  return `recordings/${name.replaceAll(/[^\p{L}\p{N}._-]+/gu, '_')}-${date}T${time}`
}

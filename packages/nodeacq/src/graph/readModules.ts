import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { checkName, readFields, readList, readText } from './fields.ts'
import { LOCAL_HOST, type GraphHost, type GraphModule } from './Graph.ts'
import type { MistakeList } from './mistakes.ts'
import { placeText } from './SourceText.ts'
import { describeTree, type Tree } from './Tree.ts'
import type { TypeCatalog } from './TypeCatalog.ts'

export interface ReadModules {
  readonly modules: GraphModule[]
  /** Of these the types are not known here: they could not be loaded, or are on another machine only. */
  readonly failed: GraphModule[]
}

interface Context {
  readonly hosts: readonly GraphHost[]
  readonly catalog: TypeCatalog
  readonly mistakes: MistakeList
  /** Folder of the graph file. */
  readonly folder: string
}

/** The section `modules`; each is loaded here, so that the types it registers are known to the checks. */
export async function readModules(tree: Tree | undefined, context: Context): Promise<ReadModules> {
  const modules: GraphModule[] = []
  const failed: GraphModule[] = []
  for (const item of readList(tree, { subject: 'modules', mistakes: context.mistakes })) {
    const module = readModule(item, context)
    if (module === undefined) continue
    const before = modules.find((other) => other.absolutePath === module.absolutePath && other.host === module.host)
    if (before !== undefined) {
      const message = `module '${module.path}' stands twice; first at ${placeText(before.place)}`
      context.mistakes.add(module.place, message, { expected: 'each module once' })
      continue
    }
    modules.push(module)
    if (!(await load(module, context))) failed.push(module)
  }
  return { modules, failed }
}

function readModule(item: Tree, { hosts, mistakes, folder }: Context): GraphModule | undefined {
  const { place } = item
  if (item.kind === 'scalar' && typeof item.value === 'string') {
    return { path: item.value, absolutePath: resolve(folder, item.value), host: undefined, place }
  }
  if (item.kind !== 'map') {
    mistakes.add(place, `a module is ${describeTree(item)}`, { expected: 'a path, or { path, host }' })
    return undefined
  }
  const fields = readFields(item, ['path', 'host'], { subject: 'module', mistakes })
  const path = readText(fields.path, { subject: 'module: path', mistakes })
  const host = readText(fields.host, { subject: 'module: host', mistakes })
  if (host !== undefined) {
    const names = [LOCAL_HOST, ...hosts.map(({ name }) => name)]
    checkName(host, names, { place: fields.host!.value.place, message: `module: unknown host '${host}'`, mistakes })
  }
  if (path === undefined) {
    if (fields.path === undefined) mistakes.add(place, 'module: path is missing', { expected: '{ path, host }' })
    return undefined
  }
  return { path, absolutePath: resolve(folder, path), host, place: fields.path!.value.place }
}

async function load(module: GraphModule, { catalog, mistakes }: Context): Promise<boolean> {
  const { absolutePath, path, place, host } = module
  if (!existsSync(absolutePath)) {
    const isElsewhere = host !== undefined && host !== LOCAL_HOST
    if (!isElsewhere)
      mistakes.add(place, `module '${path}': there is no file ${absolutePath}`, { expected: 'a .ts or .js file' })
    return false
  }
  try {
    await catalog.load(absolutePath)
    return true
  } catch (error) {
    const [reason] = (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).split('\n')
    const expected = 'a module that exports Node classes'
    mistakes.add(place, `module '${path}' cannot be loaded: ${reason}`, { expected })
    return false
  }
}

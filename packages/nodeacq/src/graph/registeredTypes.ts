import '../standardTypes.ts'
import { pathToFileURL } from 'node:url'
import { getNodeType, isNodeClass, nodeTypeAliases, nodeTypes, registerNodeType, type NodeClass } from '@nodeacq/core'
import type { NodeTypeInfo, TypeCatalog } from './TypeCatalog.ts'

/** The node types of this process: those of nodeacq, and what modules add. */
export function registeredTypes(): TypeCatalog {
  return {
    names: () => nodeTypes().toSorted((a, b) => a.localeCompare(b)),
    find: (name) => (nodeTypes().includes(name) || name in nodeTypeAliases() ? typeInfo(getNodeType(name)) : undefined),
    load: async (absolutePath) => {
      const exports = (await import(pathToFileURL(absolutePath).href)) as Record<string, unknown>
      const classes = Object.values(exports).filter(isNodeClass)
      if (classes.length === 0) throw new TypeError('it exports no Node class')
      for (const found of classes) registerNodeType(found)
      return classes.map(nameOf)
    }
  }
}

function nameOf(nodeClass: NodeClass): string {
  return nodeClass.typeName ?? nodeClass.name
}

/** What a class may say of streams whose names are not fixed. */
type OpenStreams = Partial<Pick<NodeTypeInfo, 'takesAnyInput' | 'makesAnyOutput'>>

function typeInfo(nodeClass: NodeClass & OpenStreams): NodeTypeInfo {
  const name = nameOf(nodeClass)
  const aliases = Object.entries(nodeTypeAliases()).filter(([, target]) => target === name)
  return {
    name,
    description: nodeClass.description ?? '',
    configSchema: nodeClass.configSchema,
    paramsSchema: nodeClass.paramsSchema,
    inputs: nodeClass.inputSpecs,
    outputs: nodeClass.outputSpecs,
    takesAnyInput: nodeClass.takesAnyInput ?? false,
    makesAnyOutput: nodeClass.makesAnyOutput ?? false,
    pyacqNames: aliases.map(([alias]) => alias)
  }
}

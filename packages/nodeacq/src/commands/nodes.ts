import type { Command } from 'commander'
import { ArgumentError } from '../errors.ts'
import { toJsonSchema, type JsonSchema } from '../graph/jsonSchema.ts'
import { nearest } from '../graph/nearest.ts'
import { registeredTypes } from '../graph/registeredTypes.ts'
import type { NodeTypeInfo, StreamSpecInfo } from '../graph/TypeCatalog.ts'
import { layoutTable } from '../screen/layoutTable.ts'
import { nodeTypeLines } from './nodeTypeLines.ts'
import type { Output } from './Output.ts'

/** `nodeacq nodes`: which node types there are, and what each takes. */
export function addNodesCommand(program: Command, { stdout }: Output): void {
  program
    .command('nodes')
    .summary('list the node types, or describe one')
    .description('Lists the node types, or describes one: options, live parameters, inputs, outputs, and an example.')
    .argument('[type]', "a node type; pyacq's names work too")
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  $ nodeacq nodes\n  $ nodeacq nodes SosFilter')
    .action((name: string | undefined, { json = false }: { json?: boolean }) => {
      const catalog = registeredTypes()
      const types = catalog.names().map((known) => catalog.find(known)!)
      const width = stdout.columns ?? Infinity
      if (name === undefined) {
        if (json) stdout.write(`${JSON.stringify(types.map(toJson), null, 2)}\n`)
        else stdout.write(`${listLines(types, width).join('\n')}\n`)
        return
      }
      const type = catalog.find(name)
      if (type === undefined) {
        const similar = nearest(
          name,
          types.flatMap((known) => [known.name, ...known.pyacqNames])
        )
        const hint = similar === undefined ? "'nodeacq nodes' lists them" : `did you mean '${similar}'?`
        throw new ArgumentError(`unknown node type '${name}'; ${hint}`)
      }
      stdout.write(json ? `${JSON.stringify(toJson(type), null, 2)}\n` : `${nodeTypeLines(type, width).join('\n')}\n`)
    })
}

function listLines(types: readonly NodeTypeInfo[], width: number): string[] {
  const columns = [
    { title: 'TYPE' },
    { title: 'INPUTS', priority: 1 },
    { title: 'OUTPUTS', priority: 2 },
    { title: 'WHAT IT DOES' }
  ]
  const rows = types.map((type) => [
    type.name,
    streamNames(type.inputs, type.takesAnyInput),
    streamNames(type.outputs, type.makesAnyOutput),
    type.description.split('\n')[0]!
  ])
  return layoutTable(columns, rows, { width })
}

function streamNames(streams: Readonly<Record<string, StreamSpecInfo>>, isOpen: boolean): string {
  return [...Object.keys(streams), ...(isOpen ? ['any'] : [])].join(', ') || '–'
}

interface NodeTypeJson {
  readonly name: string
  readonly description: string
  readonly configure: JsonSchema
  readonly params: JsonSchema
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly takesAnyInput: boolean
  readonly makesAnyOutput: boolean
  readonly pyacqNames: readonly string[]
}

function toJson(type: NodeTypeInfo): NodeTypeJson {
  const { name, description, configSchema, paramsSchema, inputs, outputs, takesAnyInput, makesAnyOutput, pyacqNames } =
    type
  const streams = { inputs: Object.keys(inputs), outputs: Object.keys(outputs), takesAnyInput, makesAnyOutput }
  return {
    name,
    description,
    configure: toJsonSchema(configSchema),
    params: toJsonSchema(paramsSchema),
    ...streams,
    pyacqNames
  }
}

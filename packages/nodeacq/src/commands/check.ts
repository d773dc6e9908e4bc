import type { Command } from 'commander'
import { ArgumentError } from '../errors.ts'
import { drawGraph } from '../graph/drawGraph.ts'
import { graphSchema } from '../graph/graphSchema.ts'
import { registeredTypes } from '../graph/registeredTypes.ts'
import type { Output } from './Output.ts'
import { readGraph } from '../graph/readGraph.ts'
import { collect } from './options.ts'

interface CheckOptions {
  readonly set: string[]
  readonly schema?: true
}

/** `nodeacq check`: says everything that is wrong in a graph file, or draws the graph. */
export function addCheckCommand(program: Command, { stdout }: Output): void {
  program
    .command('check')
    .summary('check a graph file and draw it')
    .description(
      'Checks everything in a graph file that can be known before it runs, tells all mistakes at once with their ' +
        'lines, and draws the graph: hosts, groups, nodes and where each gets its data. Loads the modules it names.'
    )
    .argument('[graph]', 'graph file, YAML or JSON')
    .option(
      '--set <key=value>',
      'change a value first, e.g. nodes.amp.configure.channelCount=8; may be repeated',
      collect,
      []
    )
    .option('--schema', 'print the JSON Schema of graph files, for editors (with the types of the modules of [graph])')
    .addHelpText(
      'after',
      `
Examples:
  $ nodeacq check graph.yaml
  $ nodeacq check --schema > nodeacq.schema.json
    and as first line of a graph file: # yaml-language-server: $schema=nodeacq.schema.json`
    )
    .action(async (file: string | undefined, { set, schema }: CheckOptions) => {
      if (file === undefined && !schema) throw new ArgumentError("missing argument 'graph'")
      const graph = file === undefined ? undefined : await readGraph(file, { set })
      if (schema) stdout.write(`${JSON.stringify(graphSchema(registeredTypes()), null, 2)}\n`)
      else if (graph !== undefined) stdout.write(`${drawGraph(graph)}\n\n${file}: ok\n`)
    })
}

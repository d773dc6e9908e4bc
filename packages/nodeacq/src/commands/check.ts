import type { Command } from 'commander'
import { ArgumentError } from '../errors.ts'
import { drawGraph } from '../graph/drawGraph.ts'
import { graphSchema } from '../graph/graphSchema.ts'
import { registeredTypes } from '../graph/registeredTypes.ts'
import { readGraph } from '../graph/readGraph.ts'
import type { Graph } from '../graph/Graph.ts'
import { checkLive } from '../run/checkLive.ts'
import type { PreflightItem } from '../run/preflight.ts'
import { paintFor } from '../screen/Paint.ts'
import { preflightLines } from '../screen/preflightLines.ts'
import { repeatedOption, parseSeconds } from './options.ts'
import { EXIT, type ExitCode, type Output } from './Output.ts'
import { StopSignals } from './StopSignals.ts'

interface CheckOptions {
  readonly set: string[]
  readonly live?: true
  readonly seconds: number
  readonly out?: string
  readonly json?: true
  readonly schema?: true
}

/** `nodeacq check`: says everything that is wrong in a graph file, or draws the graph. */
export function addCheckCommand(program: Command, output: Output, done: (code: ExitCode) => void): void {
  const { stdout } = output
  program
    .command('check')
    .summary('check a graph file and draw it')
    .description(
      'Checks everything in a graph file that can be known before it runs, tells all mistakes at once with their ' +
        'lines, and draws the graph: hosts, groups, nodes and where each gets its data. Loads the modules it names. ' +
        'With --live it runs the graph for a moment, without recording, and tells whether a recording can begin: required ' +
        'streams at their rates, clocks, disks, the certificate. Exit code: 0 ready; 1 something failed; 2 the graph is wrong.'
    )
    .argument('[graph]', 'graph file, YAML or JSON')
    .addOption(repeatedOption('--set <key=value>', 'change a value first, e.g. nodes.amp.configure.channelCount=8'))
    .option('--live', 'run the graph for a moment, and tell what a recording with it would lack')
    .option('--seconds <seconds>', 'how long --live looks', parseSeconds, 3)
    .option('--out <folder>', 'what ${out} in the file stands for')
    .option('--json', 'print the list of --live as one JSON object')
    .option('--schema', 'print the JSON Schema of graph files, for editors (with the types of the modules of [graph])')
    .addHelpText(
      'after',
      `
Examples:
  $ nodeacq check graph.yaml
  $ nodeacq check --live graph.yaml
  $ nodeacq check --schema > nodeacq.schema.json
    and as first line of a graph file: # yaml-language-server: $schema=nodeacq.schema.json`
    )
    .action(async (file: string | undefined, { set, schema, live, seconds, out, json }: CheckOptions) => {
      if (file === undefined && !schema) throw new ArgumentError("missing argument 'graph'")
      const graph = file === undefined ? undefined : await readGraph(file, { set, out })
      if (schema) stdout.write(`${JSON.stringify(graphSchema(registeredTypes()), null, 2)}\n`)
      else if (graph !== undefined && live) {
        const items = await lookLive(graph, seconds, output)
        const isReady = items.every(({ level }) => level !== 'fail')
        if (json) stdout.write(`${JSON.stringify({ graph: graph.name, ok: isReady, items })}\n`)
        else stdout.write(`${preflightLines(items, paintFor(stdout)).join('\n')}\n`)
        done(isReady ? EXIT.ok : EXIT.notOk)
      } else if (graph !== undefined) stdout.write(`${drawGraph(graph)}\n\n${file}: ok\n`)
    })
}

async function lookLive(graph: Graph, seconds: number, { stderr }: Output): Promise<PreflightItem[]> {
  using signals = new StopSignals()
  if (stderr.isTTY) stderr.write(`${graph.name} runs for ${seconds} s, without recording …\n`)
  return await checkLive(graph, { seconds, signal: signals.first })
}

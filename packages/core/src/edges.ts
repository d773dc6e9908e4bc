import type { InputStatus } from '@nodeacq/stream'
import type { EdgeStatus, NodeStatus } from './status.ts'

/** Every edge that ends in one of the nodes, also those from sources outside the graph. */
export function edgesOf(nodes: readonly NodeStatus[]): EdgeStatus[] {
  return nodes.flatMap((node) => node.inputs.map((input) => edgeOf(node.name, input)))
}

/** The edge that ends in an input of the node with that name. */
export function edgeOf(node: string, input: InputStatus): EdgeStatus {
  return {
    from: input.from?.node ? `${input.from.node}.${input.from.output ?? ''}` : (input.from?.process ?? 'outside'),
    to: `${node}.${input.name}`,
    protocol: input.protocol,
    transferMode: input.transferMode,
    delivery: input.delivery,
    chunks: input.chunks,
    samples: input.samples,
    lostSamples: input.lostSamples,
    skippedSamples: input.skippedSamples,
    duplicatedSamples: input.duplicatedSamples,
    gaps: input.gapCount,
    stalled: input.stalled,
    latencyMs: input.latencyMs
  }
}

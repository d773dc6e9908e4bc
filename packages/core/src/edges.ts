import type { EdgeStatus, NodeStatus } from './status.ts'

/** Every edge that ends in one of the nodes, also those from sources outside the graph. */
export function edgesOf(nodes: readonly NodeStatus[]): EdgeStatus[] {
  return nodes.flatMap((node) =>
    node.inputs.map((input) => ({
      from: input.from?.node ? `${input.from.node}.${input.from.output ?? ''}` : (input.from?.process ?? 'outside'),
      to: `${node.name}.${input.name}`,
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
    }))
  )
}

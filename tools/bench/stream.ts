import { brandPart } from './stream/brand.ts'
import { deliveryPart } from './stream/delivery.ts'
import { gridPart } from './stream/grid.ts'
import { latencyPart } from './stream/latency.ts'
import { memoryPart } from './stream/memory.ts'
import { plaindataPart } from './stream/plaindata.ts'
import { mostProbesPart, probesPart } from './stream/probes.ts'
import { sharedMemPart } from './stream/sharedMem.ts'
import type { Suite } from './suite.ts'

export const streamSuite: Suite = {
  name: 'stream',
  parts: [
    plaindataPart,
    deliveryPart,
    sharedMemPart,
    brandPart,
    probesPart,
    mostProbesPart,
    gridPart,
    latencyPart,
    memoryPart
  ]
}

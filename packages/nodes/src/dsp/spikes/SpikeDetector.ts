import { registerNodeType } from '@nodeacq/core'
import { z } from 'zod'
import type { Spike } from './SpikeKernel.ts'
import { spikeConfig, SpikeNode, spikeOutputs, spikeParams, type MarkedSpike } from './SpikeNode.ts'

const config = z.object(spikeConfig)
const params = z.object(spikeParams)

/**
 * Finds the spikes of each channel by a threshold that follows the noise; the rules are those of `SpikeFinder`. Input and
 * outputs as every `SpikeNode`; the value of an event is the number of its channel. A spike that several channels see is told by
 * each of them.
 */
export class SpikeDetector extends SpikeNode<z.infer<typeof config>, z.infer<typeof params>> {
  static override readonly description = 'Finds spikes above an adaptive threshold; events and waveforms.'
  static override readonly configSchema = config
  static override readonly paramsSchema = params
  static override readonly outputSpecs = spikeOutputs

  protected override _mark(spike: Spike): MarkedSpike {
    return { ...spike, value: spike.channel }
  }
}
registerNodeType(SpikeDetector)

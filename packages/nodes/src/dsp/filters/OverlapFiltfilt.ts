import { registerNodeType } from '@nodeacq/core'
import type { OutputOptions } from '@nodeacq/stream'
import { z } from 'zod'
import { FilterNode, type SignalFormat } from './FilterNode.ts'
import { arrayKindOf } from './arrayKind.ts'
import { getEngine } from '../kernels/engines.ts'
import { offsetBehind } from './outputSignal.ts'
import { sosFilterFields, steadyGainsOf, sosTableOf } from './sosOptions.ts'
import { OverlapFiltfiltProcess } from './OverlapFiltfiltProcess.ts'
import type { SignalProcess } from './SignalProcess.ts'

const config = z.object({
  chunkSize: z
    .number()
    .int()
    .positive()
    .default(1024)
    .describe('samples that are filtered at a time; the output comes in such chunks')
    .meta({ pyacq: 'chunksize' }),
  overlapSize: z
    .number()
    .int()
    .positive()
    .default(512)
    .describe('samples that the backward filter has to settle, and by which the output is late')
    .meta({ pyacq: 'overlapsize' }),
  ...sosFilterFields
})

/**
 * Zero-phase filter for an endless signal: forwards and backwards by second-order sections, so that nothing is shifted in
 * time, at the price of a delay of `overlapSize` samples. Input and output `signals`: `(samples, channels)`; the indexes
 * of the output are those of the samples it was made from. Take an overlap over which the filter's own response fades:
 * with one too short the ends of the output's chunks do not fit together.
 *
 * Computed in float64 and cast to the input's dtype after each of the two filters, as in pyacq.
 */
export class OverlapFiltfilt extends FilterNode<z.infer<typeof config>> {
  static override readonly description = 'Zero-phase filter by second-order sections, late by an overlap.'
  static override readonly configSchema = config

  protected override createProcess(format: SignalFormat): SignalProcess {
    const { channels, dtype } = format
    const { chunkSize, overlapSize, engine } = this.config
    const table = sosTableOf(this.config, format, this._subject)
    const kernels = getEngine(engine)
    return new OverlapFiltfiltProcess(
      {
        forward: kernels.sos(table, { channelCount: channels }),
        backward: kernels.sos(table, { channelCount: channels, direction: 'backward' })
      },
      { chunkSize, overlapSize, channels, Kind: arrayKindOf(dtype) }
    )
  }

  protected override describeSignal(format: SignalFormat): OutputOptions {
    const gains = steadyGainsOf(this.config, format, this._subject)
    return {
      offset: offsetBehind(
        this.input.info.offset,
        gains.map((gain) => gain * gain)
      )
    }
  }
}
registerNodeType(OverlapFiltfilt)

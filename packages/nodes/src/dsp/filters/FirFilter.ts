import { registerNodeType } from '@nodeacq/core'
import type { OutputOptions } from '@nodeacq/stream'
import { z } from 'zod'
import { FilterError } from '../../errors.ts'
import { getEngine } from '../kernels/engines.ts'
import { engineField } from './engineField.ts'
import { arrayKindOf } from './arrayKind.ts'
import { FilterNode, type SignalFormat } from './FilterNode.ts'
import { onGapSchema } from './GapPolicy.ts'
import { KernelProcess } from './KernelProcess.ts'
import { alignmentField, firDesignSchema, tapsOf } from './firOptions.ts'
import { dtypeField, offsetBehind } from './outputSignal.ts'
import type { SignalProcess } from './SignalProcess.ts'

const config = z.object({
  taps: z.array(z.number()).min(1).nullish().describe("the impulse response, as scipy's firwin gives it"),
  design: firDesignSchema
    .nullish()
    .describe("the filter in words instead, e.g. { taps: 101, band: 'bandpass', frequencies: [8, 12] }"),
  ...alignmentField,
  ...dtypeField,
  ...engineField,
  onGap: onGapSchema
})

/**
 * Filters a signal by an impulse response. Input and output `signals`: `(samples, channels)`, the same rate, names and,
 * unless `dtype` says otherwise, dtype. With a symmetric response and `alignment: 'centred'` nothing is shifted in time: the
 * samples that come out bear the indexes of those they were made from, and are half the filter's length late. Computed in float64.
 */
export class FirFilter extends FilterNode<z.infer<typeof config>> {
  static override readonly description = 'Filter by an impulse response (FIR), centred in time or causal.'
  static override readonly configSchema = config

  protected override createProcess({ channels, sampleRate, dtype }: SignalFormat): SignalProcess {
    const taps = tapsOf(this.config, sampleRate, this._subject)
    const isCentred = this.config.alignment === 'centred'
    if (isCentred && taps.length % 2 === 0) {
      throw new FilterError(this._subject, "an odd number of taps, or alignment: 'causal'", `${taps.length} taps`)
    }
    return new KernelProcess(getEngine(this.config.engine).resample(taps, { channelCount: channels }), {
      Input: arrayKindOf(dtype),
      Output: arrayKindOf(this.config.dtype ?? dtype),
      channels,
      delay: isCentred ? (taps.length - 1) / 2 : 0
    })
  }

  protected override describeSignal({ sampleRate }: SignalFormat): OutputOptions {
    const { dtype } = this.config
    const taps = tapsOf(this.config, sampleRate, this._subject)
    const gain = taps.reduce((sum, tap) => sum + tap, 0)
    return { ...(dtype != null && { dtype }), offset: offsetBehind(this.input.info.offset, [gain]) }
  }
}
registerNodeType(FirFilter)

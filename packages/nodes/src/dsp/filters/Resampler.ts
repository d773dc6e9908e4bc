import { registerNodeType } from '@nodeacq/core'
import type { OutputOptions } from '@nodeacq/stream'
import { z } from 'zod'
import { FilterError } from '../../errors.ts'
import { getEngine } from '../kernels/engines.ts'
import { arrayKindOf } from './arrayKind.ts'
import { engineField } from './engineField.ts'
import { FilterNode, type SignalFormat } from './FilterNode.ts'
import { onGapSchema } from './GapPolicy.ts'
import { KernelProcess } from './KernelProcess.ts'
import { dtypeField } from './outputSignal.ts'
import { ratioOf, resamplingFilter } from './resampling.ts'
import type { SignalProcess } from './SignalProcess.ts'

const config = z.object({
  sampleRate: z.number().positive().describe('Hz; a ratio of whole numbers up to 10000 to the rate of the input'),
  ...dtypeField,
  ...engineField,
  onGap: onGapSchema
})

/**
 * Brings a signal to another rate, with a polyphase filter: the numbers of scipy's `resample_poly`. Input and output
 * `signals`: `(samples, channels)`; sample m of the output lies at sample `m · down / up` of the input, nothing is shifted
 * in time, and the output is ten samples of the lower rate late.
 */
export class Resampler extends FilterNode<z.infer<typeof config>> {
  static override readonly description = 'Brings a signal to any other sample rate.'
  static override readonly configSchema = config

  protected override createProcess({ channels, sampleRate, dtype }: SignalFormat): SignalProcess {
    const ratio = ratioOf(this.config.sampleRate, sampleRate)
    if (ratio === undefined) {
      throw new FilterError(
        `${this._subject}: 'sampleRate'`,
        `a ratio of whole numbers up to 10000 to the ${sampleRate} Hz of the input`,
        `${this.config.sampleRate} Hz`
      )
    }
    const { taps, delay } = resamplingFilter(ratio.up, ratio.down)
    return new KernelProcess(getEngine(this.config.engine).resample(taps, { channelCount: channels, ...ratio }), {
      Input: arrayKindOf(dtype),
      Output: arrayKindOf(this.config.dtype ?? dtype),
      channels,
      ...ratio,
      delay
    })
  }

  protected override describeSignal(): OutputOptions {
    const { dtype, sampleRate } = this.config
    return { ...(dtype != null && { dtype }), sampleRate }
  }
}
registerNodeType(Resampler)

import { registerNodeType } from '@nodeacq/core'
import type { OutputOptions } from '@nodeacq/stream'
import { z } from 'zod'
import { getEngine } from '../kernels/engines.ts'
import { designSos } from '../design/designFilter.ts'
import { parseSosCoefficients } from '../sosCoefficients.ts'
import { arrayKindOf } from './arrayKind.ts'
import { engineField } from './engineField.ts'
import { FilterNode, type SignalFormat } from './FilterNode.ts'
import { onGapSchema } from './GapPolicy.ts'
import { KernelProcess } from './KernelProcess.ts'
import { dtypeField } from './outputSignal.ts'
import { decimationFilter } from './resampling.ts'
import { SequenceProcess } from './SequenceProcess.ts'
import type { SignalProcess } from './SignalProcess.ts'

const config = z.object({
  factor: z.number().int().min(2).max(1000).describe('one sample of so many is kept'),
  filter: z
    .enum(['fir', 'iir'])
    .default('fir')
    .describe(
      "what keeps higher frequencies out: 'fir' shifts nothing in time and is ten output samples late; 'iir' is a Chebyshev filter of order 8, " +
        'which answers sooner and shifts the phase'
    ),
  ...dtypeField,
  ...engineField,
  onGap: onGapSchema
})

/**
 * Keeps one sample of `factor`, behind a low-pass that keeps out what the lower rate cannot hold. Input and output
 * `signals`: `(samples, channels)`; sample m of the output is sample `m · factor` of the input, so that events and other
 * streams still find their place. The two filters are those of scipy's `decimate`. For other ratios take a Resampler.
 */
export class Decimator extends FilterNode<z.infer<typeof config>> {
  static override readonly description = 'Lowers the sample rate by a whole factor, behind an anti-alias filter.'
  static override readonly configSchema = config

  protected override createProcess({ channels, dtype }: SignalFormat): SignalProcess {
    const { factor, filter } = this.config
    const engine = getEngine(this.config.engine)
    const Input = arrayKindOf(dtype)
    const Output = arrayKindOf(this.config.dtype ?? dtype)
    const place = { channels, up: 1, down: factor, Output }
    if (filter === 'fir') {
      const { taps, delay } = decimationFilter(factor)
      return new KernelProcess(engine.resample(taps, { channelCount: channels, down: factor }), {
        ...place,
        Input,
        delay
      })
    }
    const chebyshev = designSos(
      { type: 'cheby1', order: 8, ripple: 0.05, band: 'lowpass', frequencies: 0.8 / factor },
      2
    )
    const lowpass = engine.sos(parseSosCoefficients(chebyshev), { channelCount: channels })
    // In between the samples are float64, so that integers are cut only once.
    return new SequenceProcess([
      new KernelProcess(lowpass, { Input, Output: Float64Array, channels }),
      new KernelProcess(engine.resample([1], { channelCount: channels, down: factor }), {
        ...place,
        Input: Float64Array
      })
    ])
  }

  protected override describeSignal({ sampleRate }: SignalFormat): OutputOptions {
    const { dtype, factor } = this.config
    return { ...(dtype != null && { dtype }), sampleRate: sampleRate / factor }
  }
}
registerNodeType(Decimator)

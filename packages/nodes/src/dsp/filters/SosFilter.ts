import { registerNodeType } from '@nodeacq/core'
import type { OutputOptions } from '@nodeacq/stream'
import { z } from 'zod'
import { filterDesignSchema } from '../design/filterDesign.ts'
import type { SosKernel } from '../kernels/Engine.ts'
import { getEngine } from '../kernels/engines.ts'
import { parseSosCoefficients } from '../sosCoefficients.ts'
import { arrayKindOf } from './arrayKind.ts'
import { FilterNode, type SignalFormat } from './FilterNode.ts'
import { KernelProcess } from './KernelProcess.ts'
import { dtypeField, offsetBehind } from './outputSignal.ts'
import type { SignalProcess } from './SignalProcess.ts'
import { sosFilterFields, steadyGainsOf, sosTableOf, type SosChoice } from './sosOptions.ts'

const config = z.object({
  ...sosFilterFields,
  ...dtypeField,
  chunkSize: z
    .number()
    .int()
    .nullish()
    .describe('accepted for pyacq and ignored: chunks of any length work')
    .meta({ pyacq: 'chunksize' })
})

const params = z.object({
  design: filterDesignSchema.nullable().default(null).describe('another filter, from the next chunk on'),
  fade: z
    .number()
    .min(0)
    .max(60)
    .default(0)
    .describe(
      'seconds in which the output moves from the old filter to the new one without a step; 0: the new one begins at once, with zero state, as in pyacq'
    )
})
type Params = z.infer<typeof params>

/**
 * Filters a signal by second-order sections, sample by sample as it comes: no delay but the filter's own.
 * Input and output `signals`: `(samples, channels)`, the same rate, names and indexes, and the same dtype unless `dtype`
 * says otherwise. Computed in float64; integers are truncated towards zero and held within their limits.
 */
export class SosFilter extends FilterNode<z.infer<typeof config>, Params> {
  static override readonly description = 'Causal filter by second-order sections.'
  static override readonly configSchema = config
  static override readonly paramsSchema = params
  /** What was asked for since `configure`. */
  #chosen: SosChoice | undefined

  /**
   * Changes the coefficients, also while the filter runs, from the next chunk on.
   * @param coefficients `(sections, 6)` or `(channels, sections, 6)`, nested lists or NdArray
   * @param options.fade seconds, see the parameter of that name, which is the default
   * @throws FilterError when they do not suit; the old ones stay
   */
  setCoefficients(coefficients: unknown, { fade }: { fade?: number } = {}): void {
    const choice = { coefficients }
    this.#require(choice)
    this.#change(choice, fade ?? this.params.fade)
  }

  /** @throws FilterError as far as it can be told already whether they suit */
  #require(choice: SosChoice): void {
    if (this.input.isConnected) sosTableOf(choice, this.format, this._subject)
    else if (choice.coefficients != null) parseSosCoefficients(choice.coefficients)
  }

  #change(choice: SosChoice, fade: number): void {
    this.#chosen = choice
    const kernel = (this.process as KernelProcess | undefined)?.kernel as SosKernel | undefined
    if (kernel === undefined) return
    const { format } = this
    kernel.setCoefficients(sosTableOf(choice, format, this._subject), {
      fadeRows: Math.round(fade * format.sampleRate)
    })
  }

  protected override _configure({ coefficients }: z.infer<typeof config>): void {
    if (coefficients != null) parseSosCoefficients(coefficients)
    this.#chosen = undefined
  }

  protected override _checkParams({ design }: Params): void {
    if (design !== null) this.#require({ design })
  }

  protected override _paramsChanged({ design, fade }: Params, before: Params): void {
    if (design !== null && design !== before.design) this.#change({ design }, fade)
  }

  protected override createProcess(format: SignalFormat): SignalProcess {
    const { channels, dtype } = format
    const table = sosTableOf(this.#chosen ?? this.config, format, this._subject)
    const kernel = getEngine(this.config.engine).sos(table, { channelCount: channels })
    const Input = arrayKindOf(dtype)
    const Output = arrayKindOf(this.config.dtype ?? dtype)
    return new KernelProcess(kernel, { Input, Output, channels })
  }

  protected override describeSignal(format: SignalFormat): OutputOptions {
    const { dtype } = this.config
    const gains = steadyGainsOf(this.#chosen ?? this.config, format, this._subject)
    return { ...(dtype != null && { dtype }), offset: offsetBehind(this.input.info.offset, gains) }
  }
}
registerNodeType(SosFilter)

import { registerNodeType } from '@nodeacq/core'
import type { TypedArray } from '@nodeacq/ndarray'
import type { OutputOptions } from '@nodeacq/stream'
import { z } from 'zod'
import type { Engine, SignalKernel } from '../kernels/Engine.ts'
import { getEngine } from '../kernels/engines.ts'
import { channelSchema } from '../findChannel.ts'
import { arrayKindOf } from './arrayKind.ts'
import { engineField } from './engineField.ts'
import { FilterNode, type SignalFormat } from './FilterNode.ts'
import { dtypeField } from './outputSignal.ts'
import { referenceMatrix, referenceSchema, type Mixture } from './referenceMatrix.ts'
import type { Block, SignalProcess } from './SignalProcess.ts'

const config = z.object({
  reference: referenceSchema.default('average'),
  ...dtypeField,
  ...engineField
})

const params = z.object({
  exclude: z
    .array(channelSchema)
    .default([])
    .describe('channels that the mean leaves out, such as bad electrodes; names or numbers')
})
type Params = z.infer<typeof params>

/**
 * Takes each channel against another reference, or mixes channels in any other way. Input `signals`: `(samples, channels)`;
 * output `signals`: `(samples, channels that come out)`, float32 unless the input is float64 or `dtype` says otherwise.
 * Where the channels of the input have different scales, the output is physical: its scale is none.
 */
export class ReReference extends FilterNode<z.infer<typeof config>, Params> {
  static override readonly description = 'Common average, linked, bipolar or any other mixture of channels.'
  static override readonly configSchema = config
  static override readonly paramsSchema = params

  protected override _checkParams({ exclude }: Params): void {
    if (this.input.isConnected && this.isConfigured) this.#mixture(exclude)
  }

  protected override _paramsChanged({ exclude }: Params): void {
    const running = this.process as Mixing | undefined
    running?.change(this.#physical(this.#mixture(exclude)).rows)
  }

  #mixture(exclude = this.params.exclude): Mixture {
    const { reference } = this.config
    return referenceMatrix(reference, this.input.info, { exclude, subject: this._subject })
  }

  /** The mixture of the numbers that come, and what must be added: scales and offsets may differ from channel to channel. */
  #physical({ rows }: Mixture): { rows: readonly Float64Array[]; offsets: readonly number[]; scale: number | null } {
    const { scale, offset } = this.input.info
    const scales = typeof scale === 'object' && scale !== null ? scale : [scale ?? 1]
    const offsets = typeof offset === 'object' && offset !== null ? offset : [offset ?? 0]
    const isEven = scales.every((one) => one === scales[0])
    const mixed = rows.map((row) => {
      let sum = 0
      for (const [c, weight] of row.entries()) sum += weight * (offsets[c] ?? offsets[0]!)
      return sum
    })
    if (isEven) return { rows, offsets: mixed, scale: scale === null ? null : scales[0]! }
    return { rows: rows.map((row) => row.map((weight, c) => weight * scales[c]!)), offsets: mixed, scale: null }
  }

  protected override createProcess({ channels, dtype }: SignalFormat): SignalProcess {
    const { rows } = this.#physical(this.#mixture())
    return new Mixing(getEngine(this.config.engine), rows, { channels, Output: arrayKindOf(this.#dtypeFor(dtype)) })
  }

  #dtypeFor(dtype: string): string {
    return this.config.dtype ?? (dtype.endsWith('64') && dtype.startsWith('float') ? 'float64' : 'float32')
  }

  protected override describeSignal({ dtype }: SignalFormat): OutputOptions {
    const mixture = this.#mixture()
    const { offsets, scale } = this.#physical(mixture)
    const { units, channelInfo } = this.input.info
    const count = mixture.rows.length
    return {
      dtype: this.#dtypeFor(dtype),
      shape: [-1, count],
      channelCount: count,
      units: typeof units === 'string' ? units : (units[0] ?? ''),
      scale,
      offset: offsets.every((one) => one === 0) ? (scale === null ? null : 0) : offsets,
      channelInfo: mixture.names.map((name, at) => ({ ...(count === channelInfo?.length && channelInfo[at]), name }))
    }
  }
}
registerNodeType(ReReference)

/** Mixes channels sample by sample; there is no state but the count of what was no number. */
class Mixing implements SignalProcess {
  #kernel: SignalKernel
  readonly #engine: Engine
  readonly #channels: number
  readonly #Output: new (length: number) => TypedArray
  #before = 0

  constructor(
    engine: Engine,
    rows: readonly Float64Array[],
    { channels, Output }: { channels: number; Output: new (length: number) => TypedArray }
  ) {
    this.#engine = engine
    this.#channels = channels
    this.#Output = Output
    this.#kernel = engine.matrix(rows, { channelCount: channels })
    this.#outputs = rows.length
  }
  readonly #outputs: number

  get nonFiniteSamples(): number {
    return this.#before + this.#kernel.nonFiniteCount
  }

  change(rows: readonly Float64Array[]): void {
    this.#before = this.nonFiniteSamples
    this.#kernel = this.#engine.matrix(rows, { channelCount: this.#channels })
  }

  push({ values, rows, end }: Block): Block {
    const output = new this.#Output(rows * this.#outputs)
    this.#kernel.process(values, output)
    return { values: output, rows, end }
  }

  reset(): void {
    this.#kernel.reset()
  }
}

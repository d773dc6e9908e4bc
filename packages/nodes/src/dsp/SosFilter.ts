import { ConfigError, Node, describeOutput, infoOfInput, ndArraySchema, registerNodeType } from '@nodeacq/core'
import { NdArray, parseDType, type ReadonlyNdArray, type TypedArray } from '@nodeacq/ndarray'
import { z } from 'zod'
import { FilterError } from '../errors.ts'
import { parseSosCoefficients, type SosTable } from './sosCoefficients.ts'
import type { SosKernel } from './kernels/Engine.ts'
import { getEngine } from './kernels/engines.ts'

const config = z.object({
  coefficients: ndArraySchema({ dtype: 'float64' })
    .nullish()
    .describe(
      "second-order sections b0 b1 b2 a0 a1 a2, (sections, 6) for all channels or (channels, sections, 6); scipy's output='sos'"
    ),
  engine: z.string().nullish().describe('accepted for pyacq and ignored: there is one engine'),
  chunkSize: z
    .number()
    .int()
    .nullish()
    .describe('accepted for pyacq and ignored: chunks of any length work')
    .meta({ pyacq: 'chunksize' })
})

/**
 * Filters a signal by second-order sections, sample by sample as it comes: no delay but the filter's own.
 * Input and output `signals`: `(samples, channels)`, the same dtype, rate, names and indexes. Computed in float64; integers
 * are truncated towards zero. Gaps are passed on, and the filter goes on behind a gap from the state before it.
 */
export class SosFilter extends Node<z.infer<typeof config>> {
  static override readonly description = 'Causal filter by second-order sections.'
  static override readonly configSchema = config
  static override readonly inputSpecs = { signals: {} }
  static override readonly outputSpecs = { signals: { streamType: 'analogsignal' } }
  #table: SosTable | undefined
  /** Present while running. */
  #kernel: SosKernel | undefined

  /**
   * Changes the coefficients, also while the filter runs; its state then starts from zero, with the next chunk.
   * @throws FilterError when they do not suit; the old ones stay
   */
  setCoefficients(coefficients: unknown): void {
    const table = parseSosCoefficients(coefficients)
    if (this.#kernel !== undefined) this.#kernel.setCoefficients(table)
    this.#table = table
  }

  protected override _configure({ coefficients }: z.infer<typeof config>): void {
    this.#table = coefficients == null ? undefined : parseSosCoefficients(coefficients)
  }

  protected override async _afterInputConnect(): Promise<void> {
    await this.#describe()
  }

  protected override _checkInputs(): void {
    const { shape, dtype } = this.input.info
    if (this.#table === undefined) {
      throw new ConfigError(this.#subject, ["'coefficients': expected second-order sections, got none"])
    }
    if (shape.length !== 2 || !'fiub'.includes(parseDType(dtype).kind)) {
      const got = `${JSON.stringify(dtype)} of shape (${shape.join(', ')})`
      throw new ConfigError(this.#subject, [
        `input 'signals': expected numbers of shape (samples, channels), got ${got}`
      ])
    }
    const channelCount = shape[1]!
    const { tables } = this.#table
    if (channelCount > 0 && tables.length !== 1 && tables.length !== channelCount) {
      throw new FilterError(this.#subject, `coefficients for each of ${channelCount} channels`, `for ${tables.length}`)
    }
  }

  protected override async _initialize(): Promise<void> {
    await this.#describe()
  }

  async #describe(): Promise<void> {
    await describeOutput(this.output, { ...infoOfInput(this.input), streamType: 'analogsignal' })
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const dtype = parseDType(this.input.info.dtype)
    try {
      for await (const { index, data, gaps } of this.input.chunks({ signal, borrow: true })) {
        for (const gap of gaps) this.output.skip(gap)
        const input = nativeValues(data)
        const output = new (input.constructor as new (length: number) => TypedArray)(input.length)
        this.#kernel ??= getEngine('auto').sos(this.#table!, { channelCount: data.shape[1]! })
        this.#kernel.process(input, output)
        const filtered = NdArray.fromTyped(output, data.shape)
        await this.output.send(dtype.isNative ? filtered : filtered.astype(dtype), index, { handOver: true })
      }
    } finally {
      this.#kernel = undefined
    }
  }

  get #subject(): string {
    return `SosFilter '${this.name}'`
  }
}
registerNodeType(SosFilter)

/** The samples in C order and in this machine's byte order; a view where they lie like that. */
function nativeValues(data: ReadonlyNdArray): TypedArray {
  const contiguous = data.toContiguous()
  return contiguous.dtype.isNative ? contiguous.typed() : contiguous.astype(nativeName(contiguous.dtype.name)).typed()
}

/** `>i4` → `<i4`. */
function nativeName(name: string): string {
  return name.replace(/^>/, '<')
}

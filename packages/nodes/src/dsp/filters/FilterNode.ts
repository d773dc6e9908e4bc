import { Node, RunFollower, describeOutput, infoOfInput } from '@nodeacq/core'
import { NdArray, parseDType } from '@nodeacq/ndarray'
import type { OutputOptions } from '@nodeacq/stream'
import { requireSignal } from '../signalInput.ts'
import { GapPolicy, type OnGap } from './GapPolicy.ts'
import { nativeValues } from './nativeValues.ts'
import type { Block, SignalProcess } from './SignalProcess.ts'

/** What a process is made for. */
export interface SignalFormat {
  readonly channels: number
  /** Hz */
  readonly sampleRate: number
  readonly dtype: string
}

/**
 * A node that makes one signal of another: input and output `signals`, `(samples, channels)`.
 *
 * ```
 *   chunk ─► gaps? ─► reset or fill, the same gap on the output
 *         └► SignalProcess.push ─► chunk
 * ```
 *
 * A subclass says what its process is and what its output looks like.
 */
export abstract class FilterNode<
  Config extends object = Record<string, unknown>,
  Params extends object = Record<string, unknown>
> extends Node<Config, Params> {
  static override readonly inputSpecs = { signals: {} }
  static override readonly outputSpecs: Readonly<Record<string, OutputOptions>> = {
    signals: { streamType: 'analogsignal' }
  }
  /** Present while running, once the first chunk has come. */
  #process: SignalProcess | undefined
  /** Of the run before. */
  #nonFiniteSamples = 0

  protected get process(): SignalProcess | undefined {
    return this.#process
  }

  /** State and arithmetic of one run. @throws when options and input do not suit each other */
  protected abstract createProcess(format: SignalFormat): SignalProcess

  /** What the output carries, where it differs from the input. */
  protected describeSignal(_format: SignalFormat): OutputOptions {
    return {}
  }

  /** The input as the process will see it. */
  protected get format(): SignalFormat {
    const { shape, sampleRate, dtype } = this.input.info
    return { channels: shape[1] ?? 1, sampleRate, dtype: parseDType(dtype).name }
  }

  protected override async _afterInputConnect(): Promise<void> {
    if (!this.isConfigured) return
    requireSignal(this.input, this._subject, 'fiu')
    await this.#describe()
  }

  protected override _checkInputs(): void {
    requireSignal(this.input, this._subject, 'fiu')
    this.createProcess(this.format)
  }

  protected override async _initialize(): Promise<void> {
    await this.#describe()
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const { output } = this
    const { onGap = 'reset' } = this.config as { onGap?: OnGap }
    const { format } = this
    const target = parseDType(output.info.dtype)
    const sampleShape = output.info.shape.slice(1)
    const process = this.createProcess(format)
    const policy = new GapPolicy(onGap, process, format.sampleRate)
    const placeOf = (index: number) => process.outputIndexOf?.(index) ?? index
    const send = async (block: Block | undefined) => {
      if (block === undefined || block.rows === 0) return
      const made = NdArray.fromTyped(block.values, [block.rows, ...sampleShape])
      await output.send(target.isNative ? made : made.astype(target), block.end, { handOver: true })
    }
    this.#process = process
    this.#nonFiniteSamples = 0
    const runs = new RunFollower(output)
    let next = 0
    try {
      for await (const chunk of this.input.chunks({ signal, borrow: true })) {
        const { index, data, gaps } = chunk
        const start = index - data.length
        if (runs.begins(chunk)) process.reset(start)
        else if (start !== next) await send(policy.cross(next, start))
        for (const { from, to, cause } of gaps) output.skip({ from: placeOf(from), to: placeOf(to), cause })
        next = index
        const values = nativeValues(data)
        policy.remember(values, format.channels)
        await send(process.push({ values, rows: data.length, end: index }))
      }
      await send(process.flush?.())
    } finally {
      this.#nonFiniteSamples = process.nonFiniteSamples ?? 0
      this.#process = undefined
    }
  }

  protected override _counters(): Readonly<Record<string, number>> {
    return { nonFiniteSamples: this.#process?.nonFiniteSamples ?? this.#nonFiniteSamples }
  }

  async #describe(): Promise<void> {
    const info = infoOfInput(this.input)
    await describeOutput(this.output, { ...info, streamType: 'analogsignal', ...this.describeSignal(this.format) })
  }
}

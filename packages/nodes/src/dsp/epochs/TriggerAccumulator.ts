import { ConfigError, describeOutput, registerNodeType } from '@nodeacq/core'
import { parseDType, type NdArray } from '@nodeacq/ndarray'
import { z } from 'zod'
import type { Epoch, EpochWindow } from './EpochCutter.ts'
import { epochConfig, EpochNode } from './EpochNode.ts'
import { SweepStack } from './SweepStack.ts'

const config = z.object({
  maxStackSize: z
    .number()
    .int()
    .positive()
    .default(10)
    .describe("the most sweeps that 'stackSize' may ask for")
    .meta({ pyacq: 'max_stack_size' }),
  maxXSize: z
    .number()
    .positive()
    .default(2)
    .describe('the longest sweep, in s')
    .meta({ pyacq: ['max_xsize', 'max_x_size'] }),
  ...epochConfig
})

const params = z.object({
  leftSweep: z.number().default(-1).describe('where a sweep begins, in s from its event').meta({ pyacq: 'left_sweep' }),
  rightSweep: z.number().default(1).describe('where a sweep ends, in s from its event').meta({ pyacq: 'right_sweep' }),
  stackSize: z.number().int().positive().default(1).describe('sweeps that are kept').meta({ pyacq: 'stack_size' })
})

/**
 * Gathers the pieces of a signal around events. Inputs `signals`, `(samples, channels)`, and `events`. Outputs, one chunk per
 * sweep, whose index counts sweeps: `sweeps`, the newest one, `(samples, channels)` in the dtype of the signal; and
 * `average`, float64, the mean of those in the stack. `stack` has them all.
 *
 * What never came (a gap, the time before the first sample) reads as filler in a sweep, NaN or 0, and such a sweep stays out
 * of the mean. A sweep whose signal is gone from the history is declared missing on both outputs, with the cause `overrun`.
 * A changed parameter empties the stack and forgets the events that wait.
 *
 * Ported from pyacq/dsp/triggeraccumulator.py.
 */
export class TriggerAccumulator extends EpochNode<z.infer<typeof config>, z.infer<typeof params>> {
  static override readonly description = 'Stacks the sweeps of a signal around events, and averages them.'
  static override readonly configSchema = config
  static override readonly paramsSchema = params
  static override readonly outputSpecs = {
    sweeps: { streamType: 'sweep', accounting: 'messages' },
    average: { streamType: 'sweep', accounting: 'messages', dtype: 'float64' }
  } as const
  #stack: SweepStack | undefined
  /** Sweeps that were due in this run, whether or not they could be made. */
  #due = 0
  #partial = 0

  /** The sweeps that are kept, `(sweeps, channels, samples)`; zeros where there was none yet. The newest is before `stackPos`. */
  get stack(): NdArray {
    return this.#ready.stack
  }

  /** Place of the next sweep in the stack. */
  get stackPos(): number {
    return this.#ready.position
  }

  /** Sweeps since the stack was made or reset. */
  get totalTrig(): number {
    return this.#ready.total
  }

  /** First sample of a sweep, from its event. */
  get limit1(): number {
    return this._window(this.params).from
  }

  /** The sample behind the last of a sweep, from its event. */
  get limit2(): number {
    return this._window(this.params).to
  }

  /** Samples in a sweep. */
  get size(): number {
    return this.limit2 - this.limit1
  }

  /** Time of each sample of a sweep, s from its event. */
  get tVect(): number[] {
    return Array.from({ length: this.size }, (_, k) => k / this.sampleRate + this.params.leftSweep)
  }

  /** Mean of the whole sweeps in the stack, `(samples, channels)` float64; NaN without any. */
  get average(): NdArray {
    return this.#ready.mean()
  }

  /** Empties the stack and forgets the events that wait. */
  resetStack(): void {
    this._restart()
  }

  protected override _window({ leftSweep, rightSweep, stackSize }: z.infer<typeof params>): EpochWindow {
    const { maxXSize, maxStackSize } = this.config
    const { sampleRate } = this
    const from = Math.trunc(leftSweep * sampleRate)
    const to = Math.trunc(rightSweep * sampleRate)
    const longest = Math.trunc(maxXSize * sampleRate)
    const problems = [
      to <= from && `'rightSweep': expected more than 'leftSweep' by a sample, got ${rightSweep} and ${leftSweep} s`,
      to - from > longest &&
        `'rightSweep' - 'leftSweep': expected at most 'maxXSize', ${maxXSize} s, got ${rightSweep} and ${leftSweep} s`,
      stackSize > maxStackSize && `'stackSize': expected 1 to 'maxStackSize', ${maxStackSize}, got ${stackSize}`
    ].filter((problem) => problem !== false)
    if (problems.length > 0) throw new ConfigError(this._subject, problems)
    return { from, to }
  }

  protected override async _afterInputConnect(): Promise<void> {
    if (this.inputs['signals']!.isConnected) await this.#describe()
  }

  protected override async _initialize(): Promise<void> {
    this._restart()
    await this.#describe()
  }

  async #describe(): Promise<void> {
    const { dtype, shape, sampleRate, units, channelInfo } = this.inputs['signals']!.info
    const common = { shape: [-1, shape[1]!], sampleRate, units, ...(channelInfo && { channelInfo }) }
    await describeOutput(this.outputs['sweeps']!, { ...common, dtype })
    await describeOutput(this.outputs['average']!, common)
  }

  protected override _begin(): void {
    const { from, to } = this._window(this.params)
    const { shape, dtype } = this.inputs['signals']!.info
    const size = { sweeps: this.params.stackSize, channels: shape[1]!, samples: to - from }
    this.#stack = new SweepStack(size, parseDType(dtype))
  }

  protected override _paramsChanged(): void {
    if (this.isInitialized) this._restart()
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    this.#due = 0
    this.#partial = 0
    await super._run(signal)
  }

  protected override async _takeEpoch({ data, missing }: Epoch & { data: NdArray }): Promise<void> {
    const stack = this.#ready
    stack.add(data, missing === 0)
    if (missing > 0) this.#partial += 1
    this.#due += 1
    const { sweeps, average } = this.outputs
    await Promise.all([
      sweeps!.send(data, this.#due, { handOver: true }),
      average!.send(stack.mean(), this.#due, { handOver: true })
    ])
  }

  protected override _loseEpoch(): void {
    const lost = { from: this.#due, to: this.#due + 1, cause: 'overrun' }
    this.#due += 1
    for (const output of Object.values(this.outputs)) output.skip(lost)
  }

  protected override _counters(): Readonly<Record<string, number>> {
    return { sweeps: this.#stack?.total ?? 0, partial: this.#partial, ...super._counters() }
  }

  get #ready(): SweepStack {
    if (this.#stack === undefined) throw new ConfigError(this._subject, ['there is no stack before initialize'])
    return this.#stack
  }
}
registerNodeType(TriggerAccumulator)

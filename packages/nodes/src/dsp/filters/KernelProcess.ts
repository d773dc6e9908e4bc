import type { TypedArray } from '@nodeacq/ndarray'
import type { SignalKernel } from '../kernels/Engine.ts'
import type { Block, SignalProcess } from './SignalProcess.ts'

export type ArrayKind = new (length: number) => TypedArray

export interface KernelProcessOptions {
  /** What the output's samples are. */
  readonly Output: ArrayKind
  /** What the input's samples are. */
  readonly Input: ArrayKind
  /** Channels of the output. */
  readonly channels: number
  /** The kernel makes `up` rows of `down`; both 1 by default, without a common divisor. */
  readonly up?: number
  readonly down?: number
  /** Rows of the output by which the kernel lags, and which are taken off the index. Default 0. */
  readonly delay?: number
}

/**
 * A kernel as a process. Where it changes the rate, row m of the output belongs to sample `m · down / up` of the input,
 * counted from the run's sample 0: also behind a gap, and however the signal is cut.
 *
 * ```
 *   input   0 1 2 3 4 5 6 7 8 …      down 3
 *   output  0     1     2     …      a start at 4 makes 2 its first row
 * ```
 */
export class KernelProcess implements SignalProcess {
  readonly kernel: SignalKernel
  readonly #options: Required<KernelProcessOptions>
  /** Place in the output of what the kernel makes next. */
  #next = 0
  /** First place that is real. */
  #first = 0
  #end = 0

  constructor(kernel: SignalKernel, options: KernelProcessOptions) {
    this.kernel = kernel
    this.#options = { up: 1, down: 1, delay: 0, ...options }
  }

  get nonFiniteSamples(): number {
    return this.kernel.nonFiniteCount
  }

  push({ values, rows, end }: Block): Block | undefined {
    this.#end = end
    return this.#make(values, rows, Infinity)
  }

  reset(start: number): void {
    const { Input, up, down, delay } = this.#options
    this.kernel.reset()
    this.#end = start
    this.#first = this.outputIndexOf(start)
    // The kernel counts from where it begins: it begins at a place that both rates share, with silence.
    const silent = start % down
    this.#next = ((start - silent) / down) * up - delay
    if (silent > 0) this.#make(new Input(silent * this.kernel.channelCount), silent, 0)
  }

  flush(): Block | undefined {
    const { Input, up, down, delay } = this.#options
    if (delay === 0) return undefined
    const silent = Math.ceil((delay * down) / up)
    return this.#make(new Input(silent * this.kernel.channelCount), silent, this.outputIndexOf(this.#end))
  }

  outputIndexOf(index: number): number {
    const { up, down } = this.#options
    return Math.ceil((index * up) / down)
  }

  #make(input: TypedArray, inputRows: number, last: number): Block | undefined {
    const { Output, channels } = this.#options
    const rows = this.kernel.outputRows(inputRows)
    const output = new Output(rows * channels)
    this.kernel.process(input, output)
    const from = this.#next
    this.#next += rows
    const begin = Math.max(from, this.#first)
    const end = Math.min(this.#next, last)
    if (begin >= end) return undefined
    const values = output.subarray((begin - from) * channels, (end - from) * channels)
    return { values, rows: end - begin, end }
  }
}

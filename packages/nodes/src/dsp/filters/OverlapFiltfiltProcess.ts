import type { TypedArray } from '@nodeacq/ndarray'
import type { SosKernel } from '../kernels/Engine.ts'
import type { ArrayKind } from './KernelProcess.ts'
import type { Block, SignalProcess } from './SignalProcess.ts'

export interface OverlapOptions {
  /** Rows filtered at a time. */
  readonly chunkSize: number
  /** Rows behind them that the backward filter begins with, to have settled when it reaches them. */
  readonly overlapSize: number
  readonly channels: number
  readonly Kind: ArrayKind
}

/**
 * Forward and backward filtering of an endless signal. The forward filter runs on; the backward filter begins with zero
 * state at the newest sample, each `chunkSize` samples:
 *
 * ```
 *              ┌─ chunkSize ─┬── overlapSize ──┐
 *   forward ══════════════════════════════════►│ newest
 *   backward   ◄══ emitted ══◄═══ settling ════┘
 * ```
 *
 * So the output is `overlapSize` samples late, its first chunk is shorter unless that is a multiple of `chunkSize`, and the
 * last `overlapSize` samples of a run never come, as in pyacq. Chunks of any length go in; work is done when
 * `chunkSize` samples have come.
 *
 * Ported from pyacq/dsp/overlapfiltfilt.py.
 */
export class OverlapFiltfiltProcess implements SignalProcess {
  readonly #forward: SosKernel
  readonly #backward: SosKernel
  readonly #options: OverlapOptions
  /** Forward filtered rows that are not emitted yet, oldest first. */
  readonly #kept: TypedArray
  readonly #filtered: TypedArray
  /** Rows in `#kept`, and those of them that have not been looked at. */
  #rows = 0
  #fresh = 0
  /** Index of the first row in `#kept`. */
  #start = 0

  constructor({ forward, backward }: { forward: SosKernel; backward: SosKernel }, options: OverlapOptions) {
    const { Kind, channels, chunkSize, overlapSize } = options
    this.#forward = forward
    this.#backward = backward
    this.#options = options
    this.#kept = new Kind((chunkSize + overlapSize) * channels)
    this.#filtered = new Kind((chunkSize + overlapSize) * channels)
  }

  get nonFiniteSamples(): number {
    return this.#forward.nonFiniteCount
  }

  push({ values, rows }: Block): Block | undefined {
    const { chunkSize, overlapSize, channels, Kind } = this.#options
    const steps = Math.floor((this.#fresh + rows) / chunkSize)
    const due = steps === 0 ? 0 : this.#rows - this.#fresh + steps * chunkSize - overlapSize
    const output = new Kind(Math.max(0, due) * channels)
    let made = 0
    for (let done = 0; done < rows;) {
      const count = Math.min(rows - done, chunkSize - this.#fresh)
      const target = this.#kept.subarray(this.#rows * channels, (this.#rows + count) * channels)
      this.#forward.process(values.subarray(done * channels, (done + count) * channels), target)
      this.#rows += count
      this.#fresh += count
      done += count
      if (this.#fresh === chunkSize) made += this.#step(output, made)
    }
    return made === 0 ? undefined : { values: output, rows: made, end: this.#start }
  }

  /** Filters what is kept backwards, and emits all but the overlap. */
  #step(output: TypedArray, made: number): number {
    const { overlapSize, channels } = this.#options
    this.#fresh = 0
    const emitted = this.#rows - overlapSize
    if (emitted <= 0) return 0
    const filtered = this.#filtered.subarray(0, this.#rows * channels)
    this.#backward.reset()
    this.#backward.process(this.#kept.subarray(0, this.#rows * channels), filtered)
    output.set(filtered.subarray(0, emitted * channels) as never, made * channels)
    this.#kept.copyWithin(0, emitted * channels, this.#rows * channels)
    this.#rows = overlapSize
    this.#start += emitted
    return emitted
  }

  reset(start: number): void {
    this.#forward.reset()
    this.#rows = 0
    this.#fresh = 0
    this.#start = start
  }
}

import type { TypedArray } from '@nodeacq/ndarray'

/** Samples `(rows, channels)` in C order, in this machine's byte order. */
export interface Block {
  readonly values: TypedArray
  readonly rows: number
  /** Absolute index of the last row, plus one, in the samples of the stream that the block belongs to. */
  readonly end: number
}

/** What a filter does to the samples of one run: state and arithmetic, no stream. */
export interface SignalProcess {
  /**
   * Takes samples that follow those before, or that begin anew after `reset`. What it gives is the caller's own.
   * `input.values` must not be kept.
   */
  push(input: Block): Block | undefined
  /** Forgets what came before; the next block begins at sample `start` of the input. */
  reset(start: number): void
  /** What the last samples of the run still owe. */
  flush?(): Block | undefined
  /** The sample of the output that sample `index` of the input becomes, or the first one behind it. Default: the same. */
  outputIndexOf?(index: number): number
  /** Samples that were not a number or infinite, and were taken as the one before. */
  readonly nonFiniteSamples?: number
}

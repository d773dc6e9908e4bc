import { z } from 'zod'
import type { TypedArray } from '@nodeacq/ndarray'
import type { Block, SignalProcess } from './SignalProcess.ts'

/** Longest gap that is filled, s; behind a longer one the filter begins anew. */
const LONGEST_FILL = 10
const ROWS_AT_ONCE = 1024

/** The option `onGap` of filters. */
export const onGapSchema = z
  .enum(['reset', 'fill'])
  .default('reset')
  .describe(
    "what a gap in the signal does: 'reset' begins anew behind it; 'fill' lets the filter run on the last sample through gaps of up to 10 s, " +
      'so that its state fits better behind them. The output has the same gap in any case'
  )

/** What `onGap` can be. */
export type OnGap = z.infer<typeof onGapSchema>

/** Brings a process over gaps. */
export class GapPolicy {
  readonly #onGap: OnGap
  readonly #process: SignalProcess
  readonly #longest: number
  #last: TypedArray | undefined

  constructor(onGap: OnGap, process: SignalProcess, sampleRate: number) {
    this.#onGap = onGap
    this.#process = process
    this.#longest = Math.ceil(LONGEST_FILL * sampleRate)
  }

  /** Notes the newest sample, for what may follow. */
  remember(values: TypedArray, channels: number): void {
    if (this.#onGap === 'reset' || values.length < channels) return
    const Kind = values.constructor as new (length: number) => TypedArray
    this.#last ??= new Kind(channels)
    const from = values.length - channels
    for (let c = 0; c < channels; c++) this.#last[c] = values[from + c]!
  }

  /** The signal goes on at `to`; it had come to `from`. Gives what the samples before the gap still owe. */
  cross(from: number, to: number): Block | undefined {
    if (this.#last === undefined || to - from > this.#longest) {
      const owed = this.#process.flush?.()
      this.#process.reset(to)
      return owed
    }
    const channels = this.#last.length
    const Kind = this.#last.constructor as new (length: number) => TypedArray
    const rows = new Kind(Math.min(to - from, ROWS_AT_ONCE) * channels)
    for (let at = 0; at < rows.length; at += channels) rows.set(this.#last as never, at)
    for (let end = from; end < to;) {
      const count = Math.min(to - end, ROWS_AT_ONCE)
      end += count
      // What comes of made-up samples does not go out: the output has the gap too.
      this.#process.push({ values: rows.subarray(0, count * channels), rows: count, end })
    }
    return undefined
  }
}

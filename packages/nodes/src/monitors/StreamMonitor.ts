import { Node, registerNodeType } from '@nodeacq/core'
import type { ReadonlyNdArray } from '@nodeacq/ndarray'
import { z } from 'zod'
import { RateMeter } from './RateMeter.ts'

const config = z.object({
  print: z
    .boolean()
    .default(false)
    .describe("print a line for each chunk: 'Data received: <index> <shape> <dtype>'; default off")
})

/** What a StreamMonitor has seen in this run. */
export interface MonitorReport {
  /** Absolute index of the last sample, plus one. */
  readonly index: number
  readonly chunks: number
  readonly samples: number
  /** Samples that were sent and did not arrive. */
  readonly lostSamples: number
  /** Samples that the source itself does not have. */
  readonly missingSamples: number
  /** Hz, as the stream says. */
  readonly sampleRate: number
  /** Hz, over the last seconds by this machine's clock; null before there are two chunks. */
  readonly measuredRate: number | null
  readonly dtype: string
  /** Of the last chunk. */
  readonly shape: readonly number[]
  /** Lowest and highest value of each channel (last axis); empty for structures and texts. NaN is passed over. */
  readonly channels: readonly { readonly name: string; readonly min: number; readonly max: number }[]
}

/** Looks at a stream of any kind: rates, losses, lowest and highest value of each channel. Input `signals`, no output. */
export class StreamMonitor extends Node<z.infer<typeof config>> {
  static override readonly description = 'Rates, losses and ranges of a stream; prints its chunks.'
  static override readonly configSchema = config
  static override readonly inputSpecs = { signals: {} }
  #report: MonitorReport | undefined

  /** What was seen in this run; before the first chunk all counts are 0. */
  report(): MonitorReport {
    return this.#report ?? this.#empty()
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const { print } = this.config
    const rate = new RateMeter()
    let ranges: Range[] = []
    let report = (this.#report = this.#empty())
    for await (const { index, data, gaps } of this.input.chunks({ signal, borrow: true })) {
      ranges = widen(ranges, data)
      // A picture is one sample, however many rows it has.
      const count = this.input.info.accounting === 'messages' ? 1 : data.length
      rate.add(count, performance.now())
      report = this.#report = {
        index,
        chunks: report.chunks + 1,
        samples: report.samples + count,
        lostSamples: report.lostSamples + sum(gaps.filter(({ declared }) => !declared)),
        missingSamples: report.missingSamples + sum(gaps.filter(({ declared }) => declared)),
        sampleRate: report.sampleRate,
        measuredRate: rate.perSecond,
        dtype: data.dtype.name,
        shape: data.shape,
        channels: ranges.map(({ min, max }, k) => ({ name: this.#channelName(k), min, max }))
      }
      if (print) process.stdout.write(`Data received: ${index} ${pythonTuple(data.shape)} ${data.dtype.name}\n`)
    }
  }

  #empty(): MonitorReport {
    const info = this.input.isConnected ? this.input.info : undefined
    return {
      index: 0,
      chunks: 0,
      samples: 0,
      lostSamples: 0,
      missingSamples: 0,
      sampleRate: info?.sampleRate ?? 0,
      measuredRate: null,
      dtype: info === undefined ? '' : typeof info.dtype === 'string' ? info.dtype : JSON.stringify(info.dtype),
      shape: info?.shape ?? [],
      channels: []
    }
  }

  #channelName(channel: number): string {
    return this.input.info.channelInfo?.[channel]?.name ?? `ch${channel}`
  }
}
registerNodeType(StreamMonitor)

interface Range {
  readonly min: number
  readonly max: number
}

function sum(gaps: readonly { from: number; to: number }[]): number {
  return gaps.reduce((total, { from, to }) => total + Math.max(0, to - from), 0)
}

function widen(ranges: readonly Range[], data: ReadonlyNdArray): Range[] {
  if (!'fiub'.includes(data.dtype.kind) || data.size === 0) return [...ranges]
  const width = data.ndim < 2 ? 1 : data.shape.at(-1)!
  const mins = Float64Array.from({ length: width }, (_, c) => ranges[c]?.min ?? Infinity)
  const maxs = Float64Array.from({ length: width }, (_, c) => ranges[c]?.max ?? -Infinity)
  data.rows((row) => {
    for (let k = 0; k < row.length; k++) {
      const value = Number(row[k])
      const c = k % width
      if (value < mins[c]!) mins[c] = value
      if (value > maxs[c]!) maxs[c] = value
    }
  })
  return Array.from(mins, (min, c) => ({ min, max: maxs[c]! }))
}

/** `(100, 1)`, `(100,)` as Python prints a shape. */
function pythonTuple(shape: readonly number[]): string {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
}

import { Node, registerNodeType } from '@nodeacq/core'
import { monotonicNow } from '@nodeacq/stream'
import { z } from 'zod'
import { readSendTime } from '../devices/sendTime.ts'
import { DriftMeter, type Drift } from './DriftMeter.ts'
import { DurationHistogram } from './DurationHistogram.ts'

const config = z.object({
  clockOffset: z
    .number()
    .default(0)
    .describe("what this machine's monotonic clock shows minus what the sender's shows; 0 on one machine")
    .meta({ unit: 'ms' })
})

/** How long chunks were on their way. */
export interface LatencyReport {
  readonly chunks: number
  /** ms from `send` to the moment a chunk is taken; null before the first. */
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly p999: number; readonly max: number } | null
  /** The sender's rate by the clock of this machine; null before there are three quarters of a second. */
  readonly clock: Drift | null
}

/** Measures how long the chunks of a SimulatedDevice are on their way. Input `signals`, only the newest; no output. */
export class LatencyMonitor extends Node<z.infer<typeof config>> {
  static override readonly description = 'How long the chunks of a SimulatedDevice are on their way.'
  static override readonly configSchema = config
  static override readonly inputSpecs = { signals: { delivery: 'latest' } } as const
  #latencies = new DurationHistogram()
  #drift = new DriftMeter()

  /** What was measured since the start or the last `reset`. */
  report(): LatencyReport {
    const at = (share: number) => this.#latencies.quantile(share) ?? 0
    const { count, max } = this.#latencies
    return {
      chunks: count,
      latencyMs: count === 0 ? null : { p50: at(0.5), p99: at(0.99), p999: at(0.999), max },
      clock: this.#drift.drift
    }
  }

  /** Begins anew: what came while programs warmed up does not count. */
  reset(): void {
    this.#latencies = new DurationHistogram()
    this.#drift = new DriftMeter()
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const { clockOffset } = this.config
    const { sampleRate } = this.input.info
    this.reset()
    for await (const { index, data } of this.input.chunks(signal)) {
      const now = monotonicNow()
      const sent = readSendTime(data.bytes())
      if (sent === undefined) continue
      this.#latencies.add(now - clockOffset - sent)
      this.#drift.add((index / sampleRate) * 1000, now)
    }
  }
}
registerNodeType(LatencyMonitor)

import { Node, registerNodeType } from '@nodeacq/core'
import { monotonicNow } from '@nodeacq/stream'
import { z } from 'zod'
import { readStamp } from '../devices/stamp.ts'
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
  /** How far `clock.timeOf` was from when a sample really was due, ms; null before it knows anything. */
  readonly clockErrorMs: { readonly p50: number; readonly p99: number; readonly max: number } | null
}

/** Measures how long the chunks of a SimulatedDevice are on their way. Input `signals`, only the newest; no output. */
export class LatencyMonitor extends Node<z.infer<typeof config>> {
  static override readonly description = 'How long the chunks of a SimulatedDevice are on their way.'
  static override readonly configSchema = config
  static override readonly inputSpecs = { signals: { delivery: 'latest' } } as const
  #latencies = new DurationHistogram()
  #drift = new DriftMeter()
  #errors = new DurationHistogram()

  /** What was measured since the start or the last `reset`. */
  report(): LatencyReport {
    const at = (share: number) => this.#latencies.quantile(share) ?? 0
    const { count, max } = this.#latencies
    return {
      chunks: count,
      latencyMs: count === 0 ? null : { p50: at(0.5), p99: at(0.99), p999: at(0.999), max },
      clock: this.#drift.drift,
      clockErrorMs:
        this.#errors.count === 0
          ? null
          : { p50: this.#errors.quantile(0.5) ?? 0, p99: this.#errors.quantile(0.99) ?? 0, max: this.#errors.max }
    }
  }

  /** Begins anew: what came while programs warmed up does not count. */
  reset(): void {
    this.#latencies = new DurationHistogram()
    this.#drift = new DriftMeter()
    this.#errors = new DurationHistogram()
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const { clockOffset } = this.config
    const { sampleRate } = this.input.info
    this.reset()
    for await (const { index, data } of this.input.chunks(signal)) {
      const now = monotonicNow()
      const stamp = readStamp(data.bytes())
      if (stamp === undefined) continue
      this.#latencies.add(now - clockOffset - stamp.sent)
      // The last sample of a chunk is the one that is over when the chunk is due.
      const measured = this.input.clock.timeOf(index - 1)
      if (measured !== undefined) this.#errors.add(Math.abs(measured.time - clockOffset - stamp.due))
      this.#drift.add((index / sampleRate) * 1000, now)
    }
  }
}
registerNodeType(LatencyMonitor)

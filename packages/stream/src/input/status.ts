import type { ClockOffsetStatus } from '../clock/ClockOffset.ts'
import type { MeasuredRate } from '../clock/ClockPieces.ts'
import type { StreamClock } from '../clock/StreamClock.ts'
import type { Gap, LedgerSnapshot } from '../LossLedger.ts'
import type { Delivery } from '../params.ts'
import type { Reception } from './Reception.ts'
import type { SourceIdentity } from './source.ts'

/** An input as it stands now. Counts are of the current run, in samples, or messages where the stream counts those. */
export interface InputStatus {
  readonly name: string
  /** Where the data comes from; undefined while not connected, and for sources of pyacq's. */
  readonly from: SourceIdentity | undefined
  readonly protocol: string
  readonly transferMode: string
  readonly delivery: Delivery
  readonly run: number
  /** First sample that was owed; null before anything is known. */
  readonly joinedAt: number | null
  /** The next sample expected; null before anything is known. */
  readonly next: number | null
  readonly chunks: number
  readonly samples: number
  readonly lostSamples: number
  readonly skippedSamples: number
  readonly duplicatedSamples: number
  /** Part of `lostSamples`: overwritten while being read. */
  readonly tornSamples: number
  /** The newest ranges that are missing. */
  readonly gaps: readonly Gap[]
  readonly gapCount: number
  /** Nothing is taken although the source goes on and somebody reads, or no sign of the source. */
  readonly stalled: boolean
  /** From `send` to the moment a chunk is taken; null across machines and before anything is known. */
  readonly latencyMs: { readonly p50: number; readonly p99: number } | null
  /** Samples per second of late by the clock of this machine; null while it is not known (see `StreamClock`). */
  readonly measuredRate: MeasuredRate | null
  /** How the clock of the source's machine stands against ours; null within one machine and before it is known. */
  readonly clockOffset: ClockOffsetStatus | null
}

const GAPS = 20

/** Gathers an input's status; plain data. */
export function inputStatus(of: {
  name: string
  delivery: Delivery
  from: SourceIdentity | undefined
  account: LedgerSnapshot
  reception: Reception | undefined
  clock: StreamClock
}): InputStatus {
  const { name, delivery, from, account, reception, clock } = of
  return {
    name,
    from,
    protocol: reception?.reader.info.protocol ?? '',
    transferMode: reception?.reader.info.transferMode ?? '',
    delivery,
    run: account.run,
    joinedAt: account.joinedAt,
    next: account.next,
    chunks: account.chunks,
    samples: account.received,
    lostSamples: account.lost,
    skippedSamples: account.skipped,
    duplicatedSamples: account.duplicated,
    tornSamples: account.torn,
    gaps: account.gaps.slice(-GAPS),
    gapCount: account.gapCount,
    stalled: reception?.isStalled ?? false,
    latencyMs: reception?.reader.latency.percentiles ?? null,
    measuredRate: clock.rate ?? null,
    clockOffset: clock.offset ?? null
  }
}

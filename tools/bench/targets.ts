import type { Row } from './rows.ts'

/** A bound on one figure, or on its ratio to the peer that was measured in the same run. */
export interface Target {
  /** The `case`, `metric` and `peer` of the row that it is about. */
  readonly case: string
  readonly metric: string
  readonly peer?: string
  readonly of: 'value' | 'ratio'
  readonly atLeast?: number
  readonly atMost?: number
}

/** What became of a target. */
export interface Verdict {
  readonly target: Target
  /** Undefined when the figure was not measured. */
  readonly measured: number | undefined
  /** How many times better than asked; below 1 is missed. For a bound of 0 there is none. */
  readonly factor: number | undefined
  readonly verdict: 'met' | 'missed' | 'not measured'
}

/** Holds what was measured against the targets, in their order. */
export function judge(rows: readonly Row[], targets: readonly Target[]): Verdict[] {
  return targets.map((target) => {
    const row = rows.find(
      (r) =>
        r.case === target.case &&
        r.metric === target.metric &&
        (target.peer === undefined ? true : r.peer === target.peer)
    )
    const measured = target.of === 'ratio' ? row?.ratio : row?.value
    if (measured === undefined || Number.isNaN(measured)) {
      return { target, measured: undefined, factor: undefined, verdict: 'not measured' }
    }
    const { atLeast = -Infinity, atMost = Infinity } = target
    const isMet = measured >= atLeast && measured <= atMost
    return { target, measured, factor: factorOf(measured, target), verdict: isMet ? 'met' : 'missed' }
  })
}

function factorOf(measured: number, { atLeast, atMost }: Target): number | undefined {
  if (atLeast !== undefined && atLeast > 0) return measured / atLeast
  if (atMost !== undefined && atMost > 0 && measured > 0) return atMost / measured
  return undefined
}

/** As `≥ 0.6 ×` or `≤ 250 µs`. */
export function describeBound({ of, atLeast, atMost }: Target, unit: string): string {
  const suffix = of === 'ratio' ? ' ×' : unit === '' ? '' : ` ${unit}`
  const bounds: string[] = []
  if (atLeast !== undefined) bounds.push(`≥ ${atLeast.toLocaleString('en-US')}${suffix}`)
  if (atMost !== undefined) bounds.push(`≤ ${atMost.toLocaleString('en-US')}${suffix}`)
  return bounds.join(' and ')
}

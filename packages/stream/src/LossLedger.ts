import type { Accounting } from './params.ts'

/** Why samples are missing. `device`: they never existed; `skipped`: passed over on purpose. Others are losses. */
export type GapCause =
  | 'dropped'
  | 'overrun'
  | 'retention'
  | 'device'
  | 'torn'
  | 'disk'
  | 'restart'
  | 'damaged'
  | 'skipped'
  | (string & {})

/** Samples `[from, to)` that are missing. `declared`: the source itself says so, so that nothing was lost on the way. */
export interface Gap {
  readonly from: number
  readonly to: number
  readonly cause: GapCause
  readonly declared: boolean
}

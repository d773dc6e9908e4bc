export interface SearchOptions {
  /** Whether the wanted rate, factor 1, is safe. */
  readonly wantedIsSafe: boolean
  /** Nothing is tried above this factor, nor below its inverse squared. */
  readonly limit: number
  /** The search ends when the smallest factor that failed is at most this times the greatest that held. Default 1.15. */
  readonly precision?: number
}

const STEP = 1.5

/**
 * Finds the greatest factor at which a trial holds: in steps of 1.5 away from 1 until the answer changes, then by halving
 * the ratio. Assumes that a machine that fails at some rate fails at all higher ones.
 *
 * ```
 *   wanted holds   1 ✓   1.5 ✓   2.25 ✓   3.4 ✗   2.8 ✓   3.1 ✗      → 2.8
 *   wanted fails   1 ✗   0.67 ✗  0.44 ✓   0.54 ✗  0.49 ✓             → 0.49
 * ```
 *
 * @returns 0 when no factor holds
 */
export async function searchRate(
  holds: (factor: number) => Promise<boolean>,
  { wantedIsSafe, limit, precision = 1.15 }: SearchOptions
): Promise<number> {
  let safe = wantedIsSafe ? 1 : 0
  let unsafe = wantedIsSafe ? Infinity : 1
  while (unsafe === Infinity && safe < limit) {
    const factor = Math.min(safe * STEP, limit)
    if (await holds(factor)) safe = factor
    else unsafe = factor
  }
  while (safe === 0 && unsafe > 1 / limit ** 2) {
    const factor = unsafe / STEP
    if (await holds(factor)) safe = factor
    else unsafe = factor
  }
  while (safe > 0 && unsafe < Infinity && unsafe / safe > precision) {
    const factor = Math.sqrt(safe * unsafe)
    if (await holds(factor)) safe = factor
    else unsafe = factor
  }
  return safe
}

/** Trials that a search may still take, at most: for the time that is left. */
export function searchLength({ limit, precision = 1.15 }: Pick<SearchOptions, 'limit' | 'precision'>): number {
  const up = Math.ceil(Math.log(limit) / Math.log(STEP))
  const halvings = Math.ceil(Math.log2(Math.log(STEP) / Math.log(precision)))
  return up + halvings
}

import type { CertificateProblem } from '@nodeacq/nodes'
import { formatCount, formatMs } from '../screen/format.ts'

/** What was seen of a trial, as far as it decides. */
export interface TrialEvidence {
  readonly seconds: number
  /** Nodes that failed and processes that died, in words. */
  readonly failures: readonly string[]
  /** Edges that promise to be complete. */
  readonly edges: readonly { readonly from: string; readonly to: string; readonly lostSamples: number }[]
  /** Samples that were sent, and that the files hold, of all devices. */
  readonly sentSamples: number
  readonly recordedSamples: number
  /** s that the recorder was behind the devices, in the order of time. */
  readonly backlog: readonly number[]
  /** s that the devices were behind their own rate: at the end and at most. */
  readonly pace: { readonly lag: number; readonly maxLag: number }
  /** ms */
  readonly latencyP99: number | null
}

/** s; retention keeps five, and half of it has to stay free. */
const MAX_BACKLOG = 2.5
/** s of growth between the second and the last quarter that waiting for a status may look like. */
const BACKLOG_NOISE = 0.1
const MAX_PACE_LAG = 1
const END_PACE_LAG = 0.25

/** Everything that speaks against a rate; empty when it is safe. @param maxLatency ms */
export function judgeTrial(seen: TrialEvidence, { maxLatency }: { maxLatency: number }): CertificateProblem[] {
  const problems: CertificateProblem[] = seen.failures.map((text) => ({ kind: 'failed', text }))
  for (const { from, to, lostSamples } of seen.edges) {
    if (lostSamples > 0)
      problems.push({ kind: 'lost', text: `${formatCount(lostSamples)} samples lost on ${from} → ${to}` })
  }
  const missing = seen.sentSamples - seen.recordedSamples
  if (missing > 0 && problems.length === 0) {
    problems.push({ kind: 'lost', text: `${formatCount(missing)} samples that were sent are not in the files` })
  }
  const { lag, maxLag } = seen.pace
  if (lag > END_PACE_LAG || maxLag > MAX_PACE_LAG) {
    const late = formatMs(Math.max(lag, maxLag) * 1000)
    problems.push({ kind: 'pace', text: `a device cannot make its samples in time: it was ${late} late` })
  }
  const growth = growthOf(seen.backlog)
  const most = Math.max(0, ...seen.backlog)
  if (most > MAX_BACKLOG || growth > BACKLOG_NOISE) {
    const text = `the recorder falls behind: by ${formatMs(most * 1000)} within ${seen.seconds.toFixed(1)} s`
    problems.push({ kind: 'behind', text })
  }
  if (seen.latencyP99 !== null && seen.latencyP99 > maxLatency) {
    const text = `1 % of the chunks take ${formatMs(seen.latencyP99)} or more to a viewer, ${formatMs(maxLatency)} are allowed`
    problems.push({ kind: 'late', text })
  }
  return problems
}

/** How much the mean of the last quarter lies above that of the second: a queue that only swings does not grow. */
function growthOf(values: readonly number[]): number {
  const quarter = Math.floor(values.length / 4)
  if (quarter === 0) return 0
  const mean = (from: number) => values.slice(from, from + quarter).reduce((sum, value) => sum + value, 0) / quarter
  return mean(values.length - quarter) - mean(quarter)
}

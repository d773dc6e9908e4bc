import type { Certificate, CertificateTrial } from '@nodeacq/nodes'
import { describeLoad } from '../certify/verdict.ts'
import { formatBytes, formatCount, formatFactor, formatHours, formatMs, formatShare } from './format.ts'
import { layoutTable, wrap, type Column } from './layoutTable.ts'
import type { Paint } from './Paint.ts'

const TRIAL_COLUMNS: readonly Column[] = [
  { title: 'RATE', align: 'right' },
  { title: 'SPEED', align: 'right' },
  { title: 'RAN', align: 'right', priority: 0 },
  { title: 'LATENCY p99', align: 'right', priority: 1 },
  { title: 'BEHIND', align: 'right', priority: 2 },
  { title: '' }
]

/** Widths that rows printed one by one share. */
const TRIAL_WIDTHS = [6, 11, 7, 11, 7, 0]

/** The heading of the rows of trials. */
export function trialTitle(width: number): string {
  return layoutTable(fixed(), [], { width })[0]!
}

/** A trial in one row as soon as it is over, and below it what speaks against it. */
export function trialLines(trial: CertificateTrial, { width, paint }: { width: number; paint: Paint }): string[] {
  const { factor, bytesPerSecond, seconds, attempts, latencyMs, backlogSeconds, problems, safe } = trial
  const isRun = seconds > 0
  const row = [
    formatFactor(factor),
    `${formatBytes(bytesPerSecond)}/s`,
    isRun ? `${seconds.toFixed(1)} s` : '–',
    latencyMs === null ? '–' : formatMs(latencyMs.p99),
    isRun ? formatMs(backlogSeconds * 1000) : '–',
    { text: `${safe ? 'safe' : 'not safe'}${attempts > 1 ? ', second try' : ''}`, paint: safe ? paint.good : paint.bad }
  ]
  const why = problems.flatMap(({ text }) => wrap(text, Math.max(30, width - INDENT.length)))
  return [layoutTable(fixed(), [row], { width })[1]!, ...why.map((line) => `${INDENT}${line}`)]
}

const INDENT = ' '.repeat(8)

function fixed(): Column[] {
  return TRIAL_COLUMNS.map((column, k) => ({ ...column, minWidth: TRIAL_WIDTHS[k]! }))
}

/** What was measured, and the verdict in words. */
export function certificateLines(
  certificate: Certificate,
  { width, paint }: { width: number; paint: Paint }
): string[] {
  const { verdict } = certificate
  const facts = factsOf(certificate)
  const margin = Math.max(0, ...facts.map(([name]) => name.length)) + 2
  const color = { safe: paint.good, marginal: paint.warn, 'not safe': paint.bad, unknown: paint.warn }[verdict.result]
  const head = `${verdict.result.toUpperCase()}: `
  return [
    ...facts.flatMap(([name, text]) =>
      wrap(text, Math.max(30, width - margin)).map((line, k) => `${(k === 0 ? name : '').padEnd(margin)}${line}`)
    ),
    '',
    ...wrap(`${head}${verdict.text}`, width).map((line) => color(line)),
    ...verdict.advice.flatMap((advice) =>
      wrap(advice, width - 4).map((line, k) => `${k === 0 ? '  - ' : '    '}${line}`)
    )
  ]
}

/** Name and text of everything that was measured at the wanted rate. */
function factsOf({ trials, disk, network, largestSafe, wanted }: Certificate): [string, string][] {
  const facts: [string, string][] = []
  const first = trials[0]?.factor === 1 ? trials[0] : undefined
  if (first !== undefined && first.seconds > 0) facts.push(...trialFacts(first))
  if (disk !== null) {
    const room = disk.hours === null ? '' : `, ${formatHours(disk.hours)} at the wanted rate`
    facts.push([
      'disk',
      `${formatBytes(disk.bytesPerSecond)}/s written and synced (slowest half second ${formatBytes(disk.slowestBytesPerSecond)}/s); ${formatBytes(disk.freeBytes)} free${room}`
    ])
  }
  if (network !== null) {
    const { roundTripMs, clockOffsetMs, clockUncertaintyMs } = network
    const clock =
      clockUncertaintyMs === 0
        ? 'the same clock as here'
        : `its clock is known to ± ${formatMs(clockUncertaintyMs)} (offset ${clockOffsetMs.toFixed(2)} ms)`
    facts.push([
      'network',
      `a call and its answer take p50 ${formatMs(roundTripMs.p50)}, p99 ${formatMs(roundTripMs.p99)}, max ${formatMs(roundTripMs.max)}; ${clock}`
    ])
  }
  if (largestSafe !== null) {
    const { factor, bytesPerSecond, isLimit } = largestSafe
    const more = isLimit && factor > 1 ? ' or more: nothing above was tried' : ''
    facts.push([
      'largest safe',
      `${formatBytes(bytesPerSecond)}/s, ${formatFactor(factor)} of the wanted ${formatBytes(wanted.bytesPerSecond)}/s${more}`
    ])
  }
  return facts
}

function trialFacts({
  edges,
  latencyMs,
  processes,
  clock,
  clockErrorMs,
  seconds,
  recordedBytes
}: CertificateTrial): [string, string][] {
  const complete = edges.filter(({ delivery }) => delivery === 'complete')
  const lost = complete.reduce((sum, { lostSamples }) => sum + lostSamples, 0)
  const samples = complete.reduce((sum, edge) => sum + edge.samples, 0)
  const recorder = complete.flatMap((edge) => edge.latencyMs ?? []).toSorted((a, b) => b.p99 - a.p99)[0]
  const facts: [string, string][] = []
  // Where the recorder died nobody has counted.
  if (complete.length > 0) {
    facts.push([
      'recorded',
      `${formatCount(samples)} samples, ${formatBytes(recordedBytes)}, in ${seconds.toFixed(1)} s; ${formatCount(lost)} lost`
    ])
  }
  if (latencyMs !== null) {
    const { p50, p99, p999, max } = latencyMs
    facts.push([
      'latency',
      `p50 ${formatMs(p50)}, p99 ${formatMs(p99)}, p99.9 ${formatMs(p999)}, max ${formatMs(max)} from send to a viewer` +
        (recorder === undefined ? '' : `; to the recorder p50 ${formatMs(recorder.p50)}, p99 ${formatMs(recorder.p99)}`)
    ])
  }
  if (processes.length > 0) {
    facts.push(['cpu', `${processes.map(({ name, cpu }) => `${name} ${formatShare(cpu)}`).join(', ')} of a core`])
    const memory = processes.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0)
    const isKnown = processes.every(({ memoryGrowthBytes }) => memoryGrowthBytes !== null)
    const growth = processes.reduce((sum, { memoryGrowthBytes }) => sum + (memoryGrowthBytes ?? 0), 0)
    const change = !isKnown
      ? '10 s are needed to see whether it grows'
      : growth > FLAT * memory
        ? `still growing: by ${formatBytes(growth)} after all buffers were filled`
        : 'flat once all buffers are filled'
    facts.push(['memory', `${formatBytes(memory)} in ${processes.length} processes; ${change}`])
  }
  if (clock !== null) {
    const { driftPpm, uncertaintyPpm } = clock
    const sign = driftPpm < 0 ? '−' : '+'
    facts.push([
      'clock',
      `device rate by this machine's clock ${sign}${Math.abs(driftPpm).toFixed(1)} ± ${uncertaintyPpm.toFixed(1)} ppm (1 ppm is 3.6 ms in an hour)`
    ])
  }
  if (clockErrorMs !== null) {
    const { p50, p99, max } = clockErrorMs
    facts.push([
      'time',
      `the time of a sample is known to p50 ${formatMs(p50)}, p99 ${formatMs(p99)}, max ${formatMs(max)}`
    ])
  }
  return facts
}

/** Growth that is no growth: of all memory. */
const FLAT = 0.05

/** The first line: what is going to be measured. */
export function certifyHeadline(
  wanted: Certificate['wanted'],
  { folder, host }: { folder: string; host: string | undefined }
): string {
  const where = host === undefined ? 'this machine' : `devices at ${host}`
  return `certifying ${where}: ${describeLoad({ wanted })}, recorded below ${folder}; Ctrl-C stops it`
}

import type { Certificate, CertificateProblem } from '@nodeacq/nodes'
import { formatBytes, formatFactor, formatHours } from '../screen/format.ts'

/** A certificate before its verdict. */
export type Findings = Omit<Certificate, 'verdict'>
export type Verdict = Certificate['verdict']

const UNKNOWN_FAILURE: CertificateProblem = { kind: 'failed', text: 'the trial at the wanted rate did not take place' }

/** Against a rate that the disk alone cannot do; undefined when it can. @param bytesPerSecond of the recorder */
export function speedProblem(disk: Findings['disk'], bytesPerSecond: number): CertificateProblem | undefined {
  if (disk === null || disk.bytesPerSecond >= bytesPerSecond) return undefined
  const [has, needs] = [disk.bytesPerSecond, bytesPerSecond].map((rate) => `${formatBytes(rate)}/s`)
  return { kind: 'disk', text: `the disk writes ${has}, ${needs} are needed` }
}

/** Against a disk that is full before the wanted time is over. */
function roomProblem({ disk, wanted }: Findings): CertificateProblem[] {
  if (disk === null || disk.hours === null || disk.hours >= wanted.hours) return []
  const text = `the disk is full after ${formatHours(disk.hours)}, not ${formatHours(wanted.hours)}`
  return [{ kind: 'room', text }]
}

/** The answer in words: whether the wanted rate is safe, why not, and what to do. */
export function verdictOf(findings: Findings): Verdict {
  const { complete, trials, largestSafe, conditions, machine } = findings
  const [first] = trials
  const load = describeLoad(findings)
  if (!complete) return interrupted(findings, load)
  const problems = [...(first === undefined ? [UNKNOWN_FAILURE] : first.problems), ...roomProblem(findings)]
  if (problems.length > 0) {
    const instead =
      largestSafe === null || largestSafe.factor >= 1
        ? ''
        : `; up to ${formatBytes(largestSafe.bytesPerSecond)}/s is safe (${formatFactor(largestSafe.factor)})`
    const text = `${load} cannot be recorded safely: ${problems.map((problem) => problem.text).join('; ')}${instead}.`
    return { result: 'not safe', text, advice: adviceFor(problems, findings) }
  }
  const factor = largestSafe?.factor ?? 1
  const limits = limitedBy(findings)
  const room = findings.disk?.hours == null ? '' : `, and the disk has room for ${formatHours(findings.disk.hours)}`
  if (factor < conditions.margin && factor < conditions.limit) {
    const why = limits.length === 0 ? '' : `: above it ${limits.map((problem) => problem.text).join('; ')}`
    return {
      result: 'marginal',
      text: `${load} were recorded for ${first!.seconds.toFixed(0)} s without loss${room}, but there is little to spare: up to ${formatFactor(factor)} of it is safe, ${formatFactor(conditions.margin)} is wanted${why}.`,
      advice: adviceFor(limits, findings)
    }
  }
  const atLeast = largestSafe?.isLimit ? 'at least ' : ''
  const margin = factor === 1 ? ' (more was not tried)' : `, with a margin of ${atLeast}${formatFactor(factor)}`
  return {
    result: 'safe',
    text: `${machine.hostname} records ${load} without loss${margin}${room}.`,
    advice: []
  }
}

function interrupted({ trials, largestSafe, conditions }: Findings, load: string): Verdict {
  const [first] = trials
  if (first !== undefined && first.problems.length > 0) {
    const why = first.problems.map((problem) => problem.text).join('; ')
    return { result: 'not safe', text: `${load} cannot be recorded safely: ${why}.`, advice: [] }
  }
  const text =
    first === undefined
      ? `stopped before ${load} were tried; nothing is known.`
      : first.seconds < conditions.seconds * 0.95
        ? `stopped; ${load} were recorded without loss for the ${first.seconds.toFixed(1)} s that it ran of ${conditions.seconds} s.`
        : `stopped before the margin was known; ${load} were recorded for ${first.seconds.toFixed(0)} s without loss, and up to ${formatFactor(largestSafe?.factor ?? 1)} of it holds.`
  return { result: 'unknown', text, advice: [] }
}

/** `2 × 384 channels at 30 kHz int16 (46.1 MB/s)`. */
export function describeLoad({ wanted }: Pick<Findings, 'wanted'>): string {
  const { devices, channels, sampleRate, dtype, bytesPerSecond } = wanted
  const rate = sampleRate >= 1000 ? `${sampleRate / 1000} kHz` : `${sampleRate} Hz`
  const what = `${channels} ${channels === 1 ? 'channel' : 'channels'} at ${rate} ${dtype}`
  return `${devices === 1 ? '' : `${devices} × `}${what} (${formatBytes(bytesPerSecond)}/s)`
}

/** What went wrong at the lowest rate that failed. */
function limitedBy({ trials }: Findings): readonly CertificateProblem[] {
  const failed = trials.filter((trial) => !trial.safe)
  const lowest = failed.reduce<(typeof trials)[number] | undefined>(
    (best, trial) => (best === undefined || trial.factor < best.factor ? trial : best),
    undefined
  )
  return lowest?.problems ?? []
}

/** What can be done, most useful first. */
function adviceFor(problems: readonly CertificateProblem[], { trials, conditions, wanted, disk }: Findings): string[] {
  const kinds = new Set(problems.map(({ kind }) => kind))
  const advice: string[] = []
  if (kinds.has('disk')) advice.push('record to a faster disk (--disk), or fewer channels')
  if (kinds.has('room') && disk !== null) {
    const needed = wanted.bytesPerSecond * wanted.hours * 3600
    advice.push(`free ${formatBytes(needed - disk.freeBytes)} or record to another disk (--disk)`)
  }
  const isOverload = kinds.has('lost') || kinds.has('behind') || kinds.has('pace') || kinds.has('late')
  if (!isOverload) return advice
  const failed = trials.find((trial) => !trial.safe)
  const busy = failed?.processes.filter(({ cpu }) => cpu > 0.85).toSorted((a, b) => b.cpu - a.cpu)[0]
  if (busy !== undefined) {
    const cure = busy.name.startsWith('device')
      ? 'spread the channels over more devices'
      : 'record fewer channels in one recorder'
    advice.push(`process '${busy.name}' used ${Math.round(busy.cpu * 100)} % of a core: ${cure}`)
  }
  if (conditions.host === null && conditions.transferMode === 'plaindata') {
    advice.push('give the outputs transferMode: sharedmem, and try it here with --transfer sharedmem')
  }
  if (conditions.host !== null) advice.push('compare without --host: if that is safe, the network is the limit')
  if (kinds.has('late')) advice.push('allow more latency (--max-latency) when nobody closes a loop over the viewer')
  advice.push('close other programs, or use a machine with more cores')
  return advice
}

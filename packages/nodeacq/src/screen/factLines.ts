import { certificateSchema, type ClockFacts, type RecordingFacts, type SampleFile } from '@nodeacq/nodes'
import { formatCount, formatMs } from './format.ts'

/** ppm; a rate that is known less well says nothing about a clock. */
const MOST_UNCERTAIN = 1000

type Texts = Readonly<Record<string, string>>

/** What a recording knows of itself, for people: how well its clocks were known, where it comes from, what was noted. */
export function factLines({ streams, details }: SampleFile, facts: RecordingFacts): string[] {
  const rates = new Map(streams.map(({ name, sampleRate }) => [name, sampleRate]))
  const lines = facts.clocks.map((clock) => clockLine(clock, rates.get(clock.stream) ?? 0))
  const { paramChanges, warnings, errors } = facts.notes
  const notes = [
    counted(paramChanges, 'change of parameters', 'changes of parameters'),
    counted(warnings, 'warning'),
    counted(errors, 'error')
  ]
  if (paramChanges + warnings + errors > 0) lines.push(`noted meanwhile: ${notes.join(', ')}`)
  lines.push(...originLines((details['nodeacq.recording'] ?? {}) as Texts, facts))
  const said = Object.entries((details['nodeacq.notes'] ?? {}) as Texts)
  if (said.length > 0) lines.push(`notes: ${said.map(([key, value]) => `${key} = ${value}`).join('; ')}`)
  return lines
}

function clockLine(
  { stream, marks, measuredRate, drift, driftUncertainty, uncertainty }: ClockFacts,
  rate: number
): string {
  if (uncertainty === undefined) return `clock of ${stream}: not measured; times are those of arrival`
  const times = `times to ± ${formatMs(uncertainty * 1000)}`
  if (measuredRate === undefined || driftUncertainty! > MOST_UNCERTAIN)
    return `clock of ${stream}: ${times}; too short to measure its rate`
  const ppm = `${drift! < 0 ? '−' : '+'}${Math.abs(drift!).toFixed(1)} ± ${driftUncertainty!.toFixed(1)} ppm`
  const measured = measuredRate.toLocaleString('en-US', { maximumFractionDigits: 4 })
  return `clock of ${stream}: ${measured} Hz, ${ppm} of the ${formatCount(rate)} Hz it says; ${times}; ${counted(marks, 'mark')}`
}

function originLines({ host, os, nodeVersion, part }: Texts, facts: RecordingFacts): string[] {
  const { library, attachments, previous, next } = facts
  const graph = [...attachments.keys()].find((name) => /\.(ya?ml|json)$/.test(name) && name !== 'certificate.json')
  const place = host === undefined ? '' : ` on ${host} (${os}, Node ${nodeVersion})`
  const lines = library === '' ? [] : [`made by ${library}${place}${graph === undefined ? '' : `, graph ${graph}`}`]
  const certificate = attachments.get('certificate.json')
  if (certificate !== undefined) lines.push(`certificate: ${describeCertificate(certificate)}`)
  if (previous === undefined && next === undefined) return lines
  const before = previous === undefined ? '' : `; before it ${previous}`
  lines.push(`part ${part} of a recording${before}${next === undefined ? '' : `; behind it ${next}`}`)
  return lines
}

function describeCertificate(text: string): string {
  const { data } = certificateSchema.safeParse(parse(text))
  if (data === undefined) return 'cannot be read'
  const { machine, date, verdict } = data
  return `${machine.hostname}, ${date.slice(0, 10)}, ${verdict.result}`
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}

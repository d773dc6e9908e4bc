import type { ConversionReport, StreamConversion } from '@nodeacq/nodes'
import { formatCount } from './format.ts'

/** What became of a recording, for people. */
export function conversionLines({ files, streams, events, dropped }: ConversionReport): string[] {
  const made = files.length > 2 ? ` and ${files.length - 2} more` : ''
  return [
    `${files[0]}${made}: ${count(streams.length, 'stream')}, ${count(events, 'event')}`,
    ...streams.flatMap(streamLines),
    ...dropped.map((each) => `  not in the result: ${each}`),
    `  what the format cannot say: ${files.at(-1)}`
  ]
}

function streamLines(conversion: StreamConversion): string[] {
  const { stream, isExact, rounding, relativeGainError, clipped, notFinite, gaps, renamed, unitsChanged } = conversion
  const facts = [isExact ? 'exact' : roundingText(rounding)]
  if (relativeGainError > 1e-12) facts.push(`scale off by ${relativeGainError.toExponential(1)} of itself`)
  if (clipped.count > 0) {
    const { firstIndex, maxExcess } = clipped
    facts.push(`${count(clipped.count, 'value')} clipped, from sample ${firstIndex} on, by up to ${short(maxExcess)}`)
  }
  if (notFinite > 0) facts.push(`${count(notFinite, 'value')} that are no number`)
  if (gaps.count > 0) facts.push(`${count(gaps.count, 'gap')} of ${count(gaps.samples, 'sample')} (${gaps.mode})`)
  return [
    `  ${stream}: ${facts.join(', ')}`,
    ...Object.entries(renamed).map(([from, to]) => `    channel '${from}' is called '${to}'`),
    ...Object.entries(unitsChanged).map(([channel, unit]) => `    channel '${channel}' is in '${unit}'`),
    ...conversion.dropped.map((each) => `    not in the result: ${each}`)
  ]
}

function roundingText({ step, maxError }: StreamConversion['rounding']): string {
  const steps = step > 0 ? ` to steps of ${short(step)}` : ''
  return `rounded${steps}, by ${short(maxError)} at most`
}

function count(number: number, noun: string): string {
  return `${formatCount(number)} ${noun}${number === 1 ? '' : 's'}`
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)))
}

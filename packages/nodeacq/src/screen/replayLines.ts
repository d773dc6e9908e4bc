import { isEqual, type ComparedStream, type ReplayReport } from '../replay/compareRecording.ts'
import { formatCount } from './format.ts'
import type { Paint } from './Paint.ts'

/** What became of each recorded stream when its graph ran again, and the verdict. */
export function replayLines({ graph, ok, streams, skipped, beganLater }: ReplayReport, paint: Paint): string[] {
  const lines = streams.flatMap((stream) => {
    const head = `${stream.stream} (${stream.output})`
    if (isEqual(stream)) return [`${paint.good('equal')}    ${head}: ${formatCount(stream.samples)} ${stream.kind}`]
    return differenceLines(stream, `${paint.bad('differs')}  ${head}`)
  })
  const left = skipped.map(({ stream, output, reason }) => `${paint.warn('left out')} ${stream} (${output}): ${reason}`)
  const count = streams.filter((stream) => !isEqual(stream)).length
  const verdict = ok
    ? paint.good(`'${graph}' computes what was recorded`)
    : paint.bad(`'${graph}' does not compute what was recorded: ${count} of ${streams.length} differ`)
  const past = 'the recording began while the graph ran: what its filters had in memory then is not in it'
  return [...lines, ...left, ...(beganLater && !ok ? [paint.warn(past)] : []), '', verdict]
}

function differenceLines(
  { kind, samples, different, missing, first, last, mismatch }: ComparedStream,
  head: string
): string[] {
  if (mismatch !== undefined) return [`${head}: ${mismatch}`]
  const facts = [
    ...(different > 0 ? [`${formatCount(different)} of ${formatCount(samples)} ${kind}`] : []),
    ...(missing > 0 ? [`${formatCount(missing)} ${kind} did not come again`] : [])
  ]
  if (first === undefined) return [`${head}: ${facts.join(', ')}`]
  const { index, channel, recorded, recomputed } = first
  const end = last === undefined || last === index ? '' : `; last at ${formatCount(last)}`
  const where =
    channel === undefined ? `sample ${formatCount(index)}` : `sample ${formatCount(index)}, channel ${channel}`
  return [
    `${head}: ${facts.join(', ')}`,
    `         first at ${where}: recorded ${recorded}, recomputed ${recomputed}${end}`
  ]
}

import type { RecordedStream, SampleFile } from '@nodeacq/nodes'
import { factLines } from './factLines.ts'
import { formatBytes, formatClock, formatCount, formatRate } from './format.ts'
import { layoutTable } from './layoutTable.ts'
import { sparkline } from './sparkline.ts'

/** Pieces of a picture, and rows that are looked at in each. */
const COLUMNS = 48
const ROWS = 200

/** A recording for people: its streams, gaps and events, and a small picture of each stream. */
export async function recordingLines(file: SampleFile, bytes: number): Promise<string[]> {
  const lines = [`${file.path}: ${file.format}, ${formatBytes(bytes)}`]
  if (file.startTime !== undefined) lines.push(`from ${file.startTime.replace('T', ' ')}`)
  lines.push('')
  const rows = await Promise.all(file.streams.map(rowOf))
  const titles = ['STREAM', 'TYPE', 'CHANNELS', 'RATE', 'LENGTH', 'GAPS', 'SPREAD OVER TIME']
  const right = ['CHANNELS', 'RATE', 'LENGTH', 'GAPS']
  lines.push(
    ...layoutTable(
      titles.map((title) => ({ title, align: right.includes(title) ? 'right' : 'left' })),
      rows
    )
  )
  const events = await file.events()
  if (events.length > 0)
    lines.push('', `${formatCount(events.length)} events: ${labelsOf(events.map(({ label }) => label))}`)
  for (const stream of file.streams) {
    for (const { from, to, cause } of stream.gaps.slice(0, 5)) {
      lines.push(`gap in ${stream.name}: samples ${formatCount(from)} to ${formatCount(to)}, ${cause}`)
    }
    if (stream.gaps.length > 5) lines.push(`gaps in ${stream.name}: ${formatCount(stream.gaps.length - 5)} more`)
  }
  if (file.facts !== undefined) lines.push('', ...factLines(file, await file.facts()))
  for (const warning of file.warnings) lines.push(`warning: ${warning}`)
  return lines
}

async function rowOf(stream: RecordedStream): Promise<string[]> {
  const { name, dtype, channelCount, sampleRate, sampleCount, gaps } = stream
  const seconds = sampleRate > 0 ? formatClock(sampleCount / sampleRate) : formatCount(sampleCount)
  const picture = dtype.fields === undefined && stream.sampleShape.length <= 1 ? sparkline(await spreads(stream)) : ''
  return [name, dtype.name, String(channelCount), `${formatRate(sampleRate)} Hz`, seconds, String(gaps.length), picture]
}

/** Standard deviation of the first channel in pieces of the stream; of long pieces, of their beginning. */
async function spreads(stream: RecordedStream): Promise<number[]> {
  const columns = Math.min(COLUMNS, stream.sampleCount)
  const values: number[] = []
  for (let k = 0; k < columns; k++) {
    const from = Math.floor((k * stream.sampleCount) / columns)
    const to = Math.min(from + ROWS, Math.floor(((k + 1) * stream.sampleCount) / columns))
    const block = (await stream.read(from, Math.max(from + 1, to), 'digital')).astype('float64').typed() as Float64Array
    let [count, sum, squares] = [0, 0, 0]
    for (let at = 0; at < block.length; at += Math.max(1, stream.channelCount)) {
      const value = block[at]!
      if (!Number.isFinite(value)) continue
      count += 1
      sum += value
      squares += value * value
    }
    values.push(count === 0 ? NaN : Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2)))
  }
  return values
}

/** The most frequent labels, and how often. */
function labelsOf(labels: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a)
  const shown = sorted.slice(0, 6).map(([label, count]) => `${label === '' ? '(no label)' : label} ×${count}`)
  return sorted.length > 6 ? `${shown.join(', ')} …` : shown.join(', ')
}

import type { RecordedEvent, RecordedStream } from '../SampleFile.ts'
import type { KnownLine } from './meta.ts'
import { indexOfRow, segmentsOf } from '../timeline.ts'

/** Rows that are looked at together. */
const BLOCK = 65_536

/**
 * Lines that go up in the 16 bits of some channels: `XD0.3` is bit 3 of channel XD0. The whole stream is read. A line that is up from the
 * first sample on, or until the last, has no edge there: the first is no event, the second has no length. Where nodeacq wrote the file,
 * `known` says what each line stands for, and all are down before the first sample.
 */
export async function readLines(
  stream: RecordedStream,
  channels: readonly number[],
  known: readonly KnownLine[] | undefined
): Promise<RecordedEvent[]> {
  if (channels.length === 0 || stream.sampleCount === 0) return []
  // Keys are channel and bit.
  const lines = new Map(known?.map((each) => [channels[(each.line - 1) >> 4]! * 16 + ((each.line - 1) & 15), each]))
  const segments = segmentsOf(stream)
  const width = stream.channelCount
  const open = new Map<number, { index: number; duration: number; label: string; value: number }>()
  const before = new Map<number, number>()
  const events: RecordedEvent[] = []
  for (let from = 0; from < stream.sampleCount; from += BLOCK) {
    const block = await stream.read(from, Math.min(from + BLOCK, stream.sampleCount), 'digital')
    const values = block.typed() as Int16Array
    for (const channel of channels) {
      let last = before.get(channel) ?? (known === undefined ? values[channel]! : 0)
      for (let at = channel, row = from; at < values.length; at += width, row++) {
        const word = values[at]!
        const changed = word ^ last
        if (changed === 0) continue
        last = word
        const index = indexOfRow(segments, row)
        for (let bit = 0; bit < 16; bit++) {
          if ((changed & (1 << bit)) === 0) continue
          const key = channel * 16 + bit
          if ((word & (1 << bit)) !== 0) {
            const { label, value } = lines.get(key) ?? {
              label: `${stream.channelInfo[channel]!.name}.${bit}`,
              value: bit
            }
            const event = { index, duration: 0, label, value }
            open.set(key, event)
            events.push(event)
            continue
          }
          const event = open.get(key)
          if (event !== undefined && lines.get(key)?.moment !== true) event.duration = index - event.index
          open.delete(key)
        }
      }
      before.set(channel, last)
    }
  }
  return events
}

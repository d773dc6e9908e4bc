import type { RecordedEvent, RecordedStream } from '../SampleFile.ts'
import { indexOfRow, segmentsOf } from '../timeline.ts'

/** Rows that are looked at together. */
const BLOCK = 65_536

/**
 * Lines that go up in the 16 bits of some channels: `XD0.3` is bit 3 of channel XD0. The whole stream is read. A line that is up from the
 * first sample on, or until the last, has no edge there: the first is no event, the second has no length.
 */
export async function readLines(stream: RecordedStream, channels: readonly number[]): Promise<RecordedEvent[]> {
  if (channels.length === 0 || stream.sampleCount === 0) return []
  const segments = segmentsOf(stream)
  const width = stream.channelCount
  const open = new Map<number, { index: number; duration: number; label: string; value: number }>()
  const before = new Map<number, number>()
  const events: RecordedEvent[] = []
  for (let from = 0; from < stream.sampleCount; from += BLOCK) {
    const block = await stream.read(from, Math.min(from + BLOCK, stream.sampleCount), 'digital')
    const values = block.typed() as Int16Array
    for (const channel of channels) {
      let last = before.get(channel) ?? values[channel]!
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
            const event = { index, duration: 0, label: `${stream.channelInfo[channel]!.name}.${bit}`, value: bit }
            open.set(key, event)
            events.push(event)
            continue
          }
          const event = open.get(key)
          if (event !== undefined) event.duration = index - event.index
          open.delete(key)
        }
      }
      before.set(channel, last)
    }
  }
  return events
}

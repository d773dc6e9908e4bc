import type { RecordedEvent, RecordedStream } from '../SampleFile.ts'
import { indexOfRow, segmentsOf } from '../timeline.ts'

const CODE_MASK = 0xffff
const ROWS_AT_ONCE = 16_384

/**
 * Trigger events of a BioSemi Status channel: each change of the low 16 bits to a code other than 0, lasting until the next
 * change. The high bits (amplifier state) are no triggers. What the channel shows at the very start is no event.
 */
export async function readTriggers(stream: RecordedStream, channel: number): Promise<RecordedEvent[]> {
  const segments = segmentsOf(stream)
  const events: RecordedEvent[] = []
  let code: number | undefined
  let since = 0
  const finish = (row: number) => {
    if (code === undefined || code === 0 || since === 0) return
    const index = indexOfRow(segments, since)
    events.push({ index, duration: indexOfRow(segments, row) - index, label: `${code}`, value: code })
  }
  for (let from = 0; from < stream.sampleCount; from += ROWS_AT_ONCE) {
    const to = Math.min(from + ROWS_AT_ONCE, stream.sampleCount)
    const values = (await stream.read(from, to, 'digital')).typed()
    for (let row = from; row < to; row++) {
      const now = Number(values[(row - from) * stream.channelCount + channel]) & CODE_MASK
      if (now === code) continue
      finish(row)
      code = now
      since = row
    }
  }
  finish(stream.sampleCount)
  return events
}

/** Events of an Open Ephys recording: lines that go up and down, and messages. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { NpyFile } from '../npy/NpyFile.ts'
import type { RecordedEvent } from '../SampleFile.ts'
import type { OebinEvents } from './oebin.ts'

/** Reads one folder of events; its indexes are the sample numbers of its own stream. */
export async function readEventFolder(
  recording: string,
  about: OebinEvents,
  warnings: string[]
): Promise<RecordedEvent[]> {
  const folder = join(recording, 'events', about.folder_name)
  const open: (NpyFile | undefined)[] = []
  try {
    for (const names of [['sample_numbers', 'timestamps'], ['states', 'channel_states'], ['text']]) {
      const path = names.map((name) => join(folder, `${name}.npy`)).find((each) => existsSync(each))
      open.push(path === undefined ? undefined : await NpyFile.open(path, warnings))
    }
    const [numbers, states, text] = open
    // GUI 0.5 kept sample numbers, as integers, in timestamps.npy.
    if (numbers === undefined || !'iu'.includes(numbers.dtype.kind)) return []
    const indexes = await numbers.readNumbers()
    if (states !== undefined) return pulses(indexes, await states.readNumbers(), about)
    if (text !== undefined) {
      const count = Math.min(indexes.length, text.length)
      const labels = (await text.read(0, count)).toNested() as (string | Uint8Array)[]
      return labels.map((label, k) => ({ index: indexes[k]!, duration: 0, label: textOf(label), value: 0 }))
    }
    return []
  } finally {
    for (const file of open) await file?.close()
  }
}

/** A line that goes up is an event until it goes down; one that never does is a moment. */
function pulses(
  indexes: Float64Array,
  states: Float64Array,
  { nodeacq_lines: lines = [] }: OebinEvents
): RecordedEvent[] {
  const known = new Map(lines.map(({ line, ...rest }) => [line, rest]))
  const open = new Map<number, { index: number; duration: number; label: string; value: number }>()
  const events: RecordedEvent[] = []
  for (let k = 0; k < Math.min(indexes.length, states.length); k++) {
    const [index, state] = [indexes[k]!, states[k]!]
    const line = Math.abs(state)
    if (state > 0) {
      const { label, value } = known.get(line) ?? { label: `TTL ${line}`, value: line }
      const event = { index, duration: 0, label, value }
      open.set(line, event)
      events.push(event)
      continue
    }
    const event = open.get(line)
    if (event !== undefined && known.get(line)?.moment !== true) event.duration = index - event.index
    open.delete(line)
  }
  return events
}

function textOf(label: string | Uint8Array): string {
  return typeof label === 'string' ? label : Buffer.from(label).toString('utf8').replace(/\0+$/, '')
}

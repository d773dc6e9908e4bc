import type { SourceEvent } from './StreamOutlet.ts'
import { EVENT_TYPES, type EventMessage, type SpikeMessage } from './zmqInterface.ts'

/** `line 4` with value 1 or 0, `message: …`, or what else the GUI calls it. */
export function eventOf({ type, ttl, sampleNumber, payload }: EventMessage): SourceEvent {
  if (ttl) return ttlEvent(ttl.line, ttl.state, sampleNumber)
  const kind = EVENT_TYPES[type] ?? `event ${type}`
  const label = kind === 'message' ? `message: ${textOf(payload)}` : kind
  return { sampleNumber, label, value: 0 }
}

/** The line is counted from 0, as the GUI's programs do; value 1: it went up, 0: down. */
export function ttlEvent(line: number, state: boolean, sampleNumber: number): SourceEvent {
  return { sampleNumber, label: `line ${line}`, value: state ? 1 : 0 }
}

/** Label: the electrode; value: the unit that the spike was sorted to, 0 where it was not. */
export function spikeOf({
  electrode,
  sortedId,
  sampleNumber
}: Pick<SpikeMessage, 'electrode' | 'sortedId' | 'sampleNumber'>): SourceEvent {
  return { sampleNumber, label: electrode, value: sortedId & 0x7fff_ffff }
}

function textOf(payload: Uint8Array): string {
  return Buffer.from(payload).toString('utf8').replace(/\0+$/, '')
}

import type { StreamEvent } from '@nodeacq/stream'
import { isObject, type CortexSample } from './messages.ts'

type Event = Pick<StreamEvent, 'value' | 'label'>

/** Streams that become events. */
export const EVENT_STREAMS: readonly string[] = ['com', 'fac', 'sys']

/**
 * Events in a sample of a stream that has names rather than numbers. `com`: the action, with its power in thousandths;
 * `fac`: what eyes, upper and lower face do, unless neutral; `sys`: detection and training event.
 */
export function eventsOfSample({ stream, values }: CortexSample): Event[] {
  switch (stream) {
    case 'com':
      return [{ label: toText(values[0]), value: thousandths(values[1]) }]
    case 'fac': {
      const [eyes, upper, upperPower, lower, lowerPower] = values
      return [
        { label: `eyes ${toText(eyes)}`, value: 1000 },
        { label: `upper ${toText(upper)}`, value: thousandths(upperPower) },
        { label: `lower ${toText(lower)}`, value: thousandths(lowerPower) }
      ].filter(({ label }) => !label.endsWith(' neutral'))
    }
    case 'sys':
      return [{ label: values.map(toText).join(' '), value: 0 }]
    default:
      return []
  }
}

/** Events of the list of markers that a sample of EEG carries: their label, and their value where it is a whole number. */
export function markersOfSample({ values }: CortexSample): Event[] {
  const markers = values.at(-1)
  if (!Array.isArray(markers)) return []
  return markers.filter(isObject).map(({ label, value }) => {
    const number = Number(value)
    const isWhole = value !== '' && Number.isInteger(number) && Math.abs(number) < 2 ** 31
    return { label: toText(label), value: isWhole ? number : 0 }
  })
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function thousandths(value: unknown): number {
  return typeof value === 'number' ? Math.round(value * 1000) : 0
}

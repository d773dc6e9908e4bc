/**
 * Texts of the streams in which nodeacq tells what XDF has no chunk for, one JSON object in each:
 *
 *   nodeacq-gaps     { stream, from, to, cause, filled? }   samples [from, to) of that stream are missing, or filled
 *   nodeacq-events   { stream, index, duration, label, value }   in samples of that stream
 */
import type { RecordedGap } from '../SampleFile.ts'

/** A gap that the file tells of by itself. */
export interface ToldGap extends Omit<RecordedGap, 'row'> {
  readonly stream: string
  /** Its samples are in the file, as numbers that mean nothing. */
  readonly isFilled: boolean
}

export function writeGap({ isFilled, ...gap }: ToldGap): string {
  return JSON.stringify({ ...gap, ...(isFilled && { filled: true }) })
}

/** Text of a stream of gaps; undefined where it is none. */
export function readGap(text: string): ToldGap | undefined {
  const { stream, from, to, cause, filled } = objectOf(text)
  const isRange = Number.isSafeInteger(from) && Number.isSafeInteger(to) && (from as number) < (to as number)
  if (typeof stream !== 'string' || !isRange) return undefined
  const isFilled = filled === true
  return {
    stream,
    from: from as number,
    to: to as number,
    cause: typeof cause === 'string' ? cause : 'device',
    isFilled
  }
}

/** An event as nodeacq keeps it; index and duration in samples of `stream`. */
export interface ToldEvent {
  readonly stream: string
  readonly index: number
  readonly duration: number
  readonly label: string
  readonly value: number
}

export function writeEvent(event: ToldEvent): string {
  return JSON.stringify(event)
}

/** Text of a stream of events; undefined where it is none. */
export function readEvent(text: string): ToldEvent | undefined {
  const { stream, index, duration, label, value } = objectOf(text)
  if (typeof stream !== 'string' || typeof label !== 'string' || typeof index !== 'number') return undefined
  return { stream, index, duration: Number(duration) || 0, label, value: Number(value) || 0 }
}

function objectOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

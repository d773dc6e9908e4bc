import type { StreamInfo } from '@nodeacq/stream'
import { ANNOTATIONS, LOG, PARAMS } from '../../files/mcap/LogIndex.ts'

/** Topics that every recording has. */
export const TOPIC = {
  gaps: '/nodeacq/gaps',
  clock: '/nodeacq/clock',
  params: PARAMS,
  log: LOG,
  annotations: ANNOTATIONS,
  close: '/nodeacq/close'
} as const

export const PROFILE_VERSION = 1
/** Name of the metadata record that tells what a file is. */
export const RECORDING_METADATA = 'nodeacq.recording'

export const samplesTopic = (stream: string): string => `/${stream}/samples`
export const eventsTopic = (stream: string): string => `/${stream}/events`

/** Whether a stream is recorded as events, one message each. */
export function isEventStream({ streamType }: StreamInfo): boolean {
  return streamType === 'event' || streamType === 'events'
}

/** What a recording says of a stream, all as text. */
export function channelMetadata(info: StreamInfo, startIndex: number): Record<string, string> {
  const { dtype, shape, sampleRate, streamType, channelInfo, units, scale, offset, eventsOf } = info
  const accounting = info.accounting === 'samples' ? undefined : info.accounting
  const optional = { channelInfo, units: units || undefined, scale, offset, eventsOf, accounting }
  const given = Object.entries(optional).filter(([, value]) => value !== undefined && value !== null)
  return {
    dtype: typeof dtype === 'string' ? dtype : JSON.stringify(dtype),
    shape: JSON.stringify(shape),
    sampleRate: String(sampleRate),
    streamType,
    timeaxis: '0',
    startIndex: String(startIndex),
    ...Object.fromEntries(given.map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]))
  }
}

/** What a recording says of each stream at its end. `next - first = received + lost`. */
export interface StreamTotals {
  first: number
  next: number
  received: number
  lost: number
  duplicated: number
  gaps: number
  blocks: number
  /** Of the samples' bytes in the order of the file, eight hexadecimal digits. */
  crc32: string
}

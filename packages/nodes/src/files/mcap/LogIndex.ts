import type { StreamExtent } from './McapStream.ts'
import type { Channel } from './records.ts'

/** What has to be known of a log before anything in it is read. Chunks are named by their places in the file. */
export interface LogIndex {
  /** Every stream of samples that has any. */
  readonly streams: readonly { readonly channel: Channel; readonly extent: StreamExtent }[]
  readonly channels: ReadonlyMap<number, Channel>
  /** Metadata records, by name. */
  readonly metadata: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Chunks that hold events, and marks of clocks. */
  readonly eventChunks: readonly number[]
  readonly clockChunks: readonly number[]
  /** Chunks that hold changes of parameters, warnings and errors of the graph. */
  readonly noteChunks: readonly number[]
  /** The end of the file is there. */
  readonly isClosed: boolean
  /** Why the recording ended; undefined where that is not there. */
  readonly reason: string | undefined
  readonly problems: readonly string[]
}

/** Where what was annotated while it was recorded stands. */
export const ANNOTATIONS = '/nodeacq/annotations'
/** Where changes of parameters stand, and warnings and errors. */
export const PARAMS = '/nodeacq/params'
export const LOG = '/nodeacq/log'

/** Whether a channel holds events of a stream, or annotations. */
export const isEventChannel = ({ encoding, topic }: Channel): boolean =>
  encoding === 'json' && (!topic.startsWith('/nodeacq/') || topic === ANNOTATIONS)

export const isNoteChannel = ({ topic }: Channel): boolean => topic === PARAMS || topic === LOG

/** What a message in JSON says; an empty one when it cannot be read. */
export function readJson(data: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(data.toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

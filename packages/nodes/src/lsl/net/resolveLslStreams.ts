import type { LslSettings } from '../settings/LslSettings.ts'
import { readLslSettings } from '../settings/readLslSettings.ts'
import type { LslStreamInfo } from '../wire/streamInfo.ts'
import { askStreams, sessionQuery } from './askStreams.ts'

export interface ResolveOptions {
  /** XPath 1.0, with the header's `<info>` as context: `type='EEG' and channel_count>2`. Default: all streams. */
  readonly predicate?: string
  /** s to look at most. Default 1. */
  readonly timeout?: number
  /** Streams that are enough; default 0: look for the whole time. */
  readonly minimum?: number
  readonly settings?: Partial<LslSettings>
  readonly signal?: AbortSignal
}

/**
 * Looks for streams on the network, as pylsl's `resolve_bypred`. Each has the address it can be reached at; what it has to say beyond
 * the header, `fetchFullInfo` gets.
 */
export async function resolveLslStreams(options: ResolveOptions = {}): Promise<LslStreamInfo[]> {
  const { predicate, timeout = 1, minimum = 0, signal } = options
  const settings = await readLslSettings(options.settings)
  const streams = new Map<string, LslStreamInfo>()
  const enough = new AbortController()
  const timer = setTimeout(() => enough.abort(), timeout * 1000)
  const until = signal === undefined ? enough.signal : AbortSignal.any([signal, enough.signal])
  try {
    await askStreams({ query: sessionQuery(settings, predicate), settings, signal: until }, (info) => {
      // The first answer tells the address, as in liblsl.
      if (!streams.has(info.uid)) streams.set(info.uid, info)
      if (minimum > 0 && streams.size >= minimum) enough.abort()
    })
  } finally {
    clearTimeout(timer)
  }
  return [...streams.values()]
}

import type { ChunkReader } from './ChunkReader.ts'
import { readJson, type LogIndex } from './LogIndex.ts'
import { readBlock } from './sampleBlock.ts'

/** When a stream began, as far as its clock knew. */
export interface Begin {
  /** ns of UTC of the first sample */
  readonly time: bigint
  /** s that it may be wrong */
  readonly slack: number
  /** s from sample 0 to the first sample, by their number */
  readonly sinceZero: number
}

export interface Placed {
  /** ns of UTC of the first sample of any stream; undefined where there is none */
  readonly start: bigint | undefined
  /** s from there to the first sample of each stream */
  readonly offsets: readonly number[]
}

/** s: what the way through computer and network makes of the time of a sample. */
const DELAY = 0.02

/** Reads when the streams of a log began, from the first block of each, and the mark of the clock before it. */
export async function beginsOf(chunks: ChunkReader, { streams, channels }: LogIndex): Promise<Begin[]> {
  const begins: Begin[] = []
  for (const { channel, extent } of streams) {
    const rate = Number(channel.metadata['sampleRate'] ?? 0)
    const begin = await chunks.read(extent.places.offsetOf(0), ({ messages }): Begin | undefined => {
      let slack: number | undefined
      for (const { channelId, publishTime, data } of messages) {
        if (channels.get(channelId)?.topic === '/nodeacq/clock') {
          const mark = readJson(data)
          if (mark['stream'] === channel.topic) slack ??= Number(mark['uncertaintyNs']) / 1e9
        }
        const block = channelId === channel.id ? readBlock(data) : undefined
        if (block === undefined) continue
        // Without a clock, time is when the block came.
        const wait = slack ?? block.count / (rate || 1)
        return { time: publishTime, slack: wait + DELAY, sinceZero: rate > 0 ? block.index / rate : 0 }
      }
      return undefined
    })
    if (begin !== undefined) begins.push(begin)
  }
  return begins
}

/**
 * Says when each stream begins. Streams whose samples 0 were at one time, as far as their clocks can tell, are of one source, and
 * their numbers say when each sample was.
 */
export function placeInTime(begins: readonly Begin[]): Placed {
  const [first] = begins
  if (first === undefined) return { start: undefined, offsets: [] }
  const zeros = begins.map(({ time, sinceZero }) => Number(time - first.time) / 1e9 - sinceZero)
  const shared = zeros.map((zero, k) => {
    const source = zeros.findIndex((other, i) => Math.abs(other - zero) <= begins[i]!.slack + begins[k]!.slack)
    return zeros[source]!
  })
  const times = shared.map((zero, k) => zero + begins[k]!.sinceZero)
  const least = Math.min(...times)
  return { start: first.time + BigInt(Math.round(least * 1e9)), offsets: times.map((time) => time - least) }
}

import { segmentsOf, type RecordedStream } from '@nodeacq/nodes'

/** The first sample that is not what was recorded. */
export interface Difference {
  readonly index: number
  /** Name of the channel, where samples have several. */
  readonly channel: string | undefined
  readonly recorded: string
  readonly recomputed: string
}

export interface StreamComparison {
  /** Samples that were compared. */
  readonly samples: number
  /** Samples that are not the same. */
  readonly different: number
  readonly first: Difference | undefined
  /** Index of the last one that is not the same. */
  readonly last: number | undefined
  /** Recorded samples that did not come again. */
  readonly missing: number
  /** Why the two cannot be compared at all. */
  readonly mismatch?: string
}

/** A stretch of samples without a gap, somewhere in the files of a recording. */
interface Stretch {
  readonly stream: RecordedStream
  readonly row: number
  readonly index: number
  readonly count: number
}

/** What was found so far. */
type Tally = { -readonly [K in keyof Omit<StreamComparison, 'mismatch'>]: StreamComparison[K] }

/** Rows compared at once. */
const BLOCK = 16_384

/**
 * Compares a stream as it was recorded with the same as it was computed again, sample by sample of the same index. Each side
 * is the stream in the files of its recording, in order; where an index goes back, a new run of the device begins.
 */
export async function compareStreams(
  recorded: readonly RecordedStream[],
  recomputed: readonly RecordedStream[]
): Promise<StreamComparison> {
  const [a, b] = [recorded[0], recomputed[0]]
  const nothing = { samples: 0, different: 0, first: undefined, last: undefined, missing: 0 }
  if (a === undefined) return nothing
  if (b === undefined) return { ...nothing, missing: recorded.reduce((sum, { sampleCount }) => sum + sampleCount, 0) }
  const kinds = [a, b].map(({ dtype, sampleShape }) => `${dtype.name} (${sampleShape.join(', ')})`)
  if (kinds[0] !== kinds[1]) return { ...nothing, mismatch: `recorded as ${kinds[0]}, recomputed as ${kinds[1]}` }
  const result: Tally = { ...nothing }
  const [runs, others] = [runsOf(recorded), runsOf(recomputed)]
  for (const [k, run] of runs.entries()) await compareRun(run, others[k] ?? [], result)
  return result
}

function runsOf(streams: readonly RecordedStream[]): Stretch[][] {
  const runs: Stretch[][] = []
  for (const stream of streams) {
    for (const segment of segmentsOf(stream)) {
      const last = runs.at(-1)?.at(-1)
      if (last === undefined || segment.index < last.index + last.count) runs.push([])
      runs.at(-1)!.push({ stream, ...segment })
    }
  }
  return runs
}

async function compareRun(run: readonly Stretch[], others: readonly Stretch[], result: Tally): Promise<void> {
  for (const mine of run) {
    const end = mine.index + mine.count
    let index = mine.index
    for (const other of others) {
      const from = Math.max(index, other.index)
      const to = Math.min(end, other.index + other.count)
      if (to <= from) continue
      result.missing += from - index
      for (let at = from; at < to; at += BLOCK)
        await compareBlock(mine, other, { from: at, to: Math.min(to, at + BLOCK), result })
      index = to
    }
    result.missing += end - index
  }
}

async function compareBlock(
  a: Stretch,
  b: Stretch,
  { from, to, result }: { from: number; to: number; result: Tally }
): Promise<void> {
  const read = ({ stream, row, index }: Stretch) => stream.read(row + from - index, row + to - index, 'digital')
  const [x, y] = [await read(a), await read(b)]
  result.samples += to - from
  const [own, other] = [x.bytes(), y.bytes()]
  if (Buffer.compare(own, other) === 0) return
  const rowBytes = own.byteLength / (to - from)
  const isFloat = 'fc'.includes(x.dtype.kind)
  for (let k = 0; k < to - from; k++) {
    const [p, q] = [k * rowBytes, (k + 1) * rowBytes]
    if (Buffer.compare(own.subarray(p, q), other.subarray(p, q)) === 0) continue
    const channel =
      x.dtype.fields === undefined ? differingChannel(x.slice(k, k + 1).typed(), y.slice(k, k + 1).typed(), isFloat) : 0
    if (channel < 0) continue
    result.different += 1
    result.last = from + k
    const text = (array: typeof x): string => {
      if (array.dtype.fields !== undefined) return JSON.stringify(array.slice(k, k + 1).toNested())
      return String(array.slice(k, k + 1).typed()[channel])
    }
    const hasChannels = a.stream.channelInfo.length > 1
    result.first ??= {
      index: from + k,
      channel: hasChannels ? (a.stream.channelInfo[channel]?.name ?? String(channel)) : undefined,
      recorded: text(x),
      recomputed: text(y)
    }
  }
}

/** Of one sample; -1 when the values are the same: 0 and -0, and what is no number in any way. */
function differingChannel(
  own: ArrayLike<number | bigint>,
  other: ArrayLike<number | bigint>,
  isFloat: boolean
): number {
  for (let k = 0; k < own.length; k++) {
    const [x, y] = [own[k]!, other[k]!]
    if (x !== y && !(isFloat && Number.isNaN(x) && Number.isNaN(y))) return k
  }
  return -1
}

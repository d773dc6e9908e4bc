import type { Entry } from './RetentionLog.ts'

/**
 * The newest chunks of an output, in order of sending. Positions are counted from the first send and never reused:
 *
 *        first                      end
 *   gone │ kept, at(first) … at(end-1) │ not sent yet
 */
export interface ChunkLog {
  /** Position of the oldest chunk that is kept. */
  readonly first: number
  /** Position that the next chunk gets. */
  readonly end: number
  /** Memory that is used, about. */
  readonly bytes: number
  /** @throws {RangeError} when it is not kept. */
  at(position: number): Entry
  /** Whether the chunk at `position` can be had still, by whoever reads where it lies. */
  keeps(position: number): boolean
  /** Position of the first chunk with samples after `index` of `run`; `end` when there is none yet. */
  find(run: number, index: number): number
  /** Forgets what lies before `position`, except the newest chunk, where that frees anything. */
  freeTo(position: number): void
  clear(): void
}

/** The first position from `first` to `end` for which `isPast` holds, which then holds for all after it; else `end`. */
export function search(first: number, end: number, isPast: (position: number) => boolean): number {
  let low = first
  let high = end
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (isPast(middle)) high = middle
    else low = middle + 1
  }
  return low
}

import type { NdArray } from '@nodeacq/ndarray'
import { search } from './ChunkLog.ts'
import type { ChunkLog } from './ChunkLog.ts'

/** One chunk that was sent and may have to be delivered (again). */
export interface Entry {
  readonly kind: 'chunk'
  readonly run: number
  /** Index of the first sample and of the last plus one; what lies between counts as this chunk's. */
  readonly start: number
  readonly index: number
  readonly bytes: number
  /** `performance.now()` of the send. */
  readonly at: number
  /** Frames of the data message; absent within one process. */
  readonly frames: readonly Uint8Array[] | undefined
  /** The samples themselves, within one process. */
  readonly data: NdArray | undefined
}

/** Memory that each chunk costs beside its bytes: what refers to it, measured on Node 24. */
const OVERHEAD = 1024

/** What a retention log keeps; the smallest limit wins. */
export interface RetentionLimits {
  /** Age, s. Default 5. */
  readonly seconds: number
  /** Memory, bytes: that of the messages and 1 kB for each. Default 256 MB. */
  readonly bytes: number
  /** Samples that the messages may refer back to: the length of a shared ring. Default unlimited. */
  readonly samples: number
}

/**
 * The newest chunks of an output, in order of sending. Positions are counted from the first send and never reused:
 *
 *        first                      end
 *   gone │ kept, at(first) … at(end-1) │ not sent yet
 *
 * It refers to the messages that were sent; nothing is copied.
 */
export class RetentionLog implements ChunkLog {
  #slots: (Entry | undefined)[] = new Array<Entry | undefined>(64)
  #first = 0
  #end = 0
  #bytes = 0
  limits: RetentionLimits

  /** @param first position of the first chunk */
  constructor(limits: RetentionLimits, first = 0) {
    this.limits = limits
    this.#first = this.#end = first
  }

  /** Position of the oldest chunk that is kept. */
  get first(): number {
    return this.#first
  }

  /** Position that the next chunk gets. */
  get end(): number {
    return this.#end
  }

  /** Memory that is used, about. */
  get bytes(): number {
    return this.#bytes
  }

  at(position: number): Entry {
    const entry = this.#slots[position & (this.#slots.length - 1)]
    if (entry === undefined || position < this.#first || position >= this.#end) {
      throw new RangeError(`retention log: expected a position in [${this.#first}, ${this.#end}), got ${position}`)
    }
    return entry
  }

  keeps(position: number): boolean {
    return position >= this.#first
  }

  append(entry: Entry): void {
    if (this.#end - this.#first === this.#slots.length) this.#grow()
    this.#slots[this.#end & (this.#slots.length - 1)] = entry
    this.#end += 1
    this.#bytes += entry.bytes + OVERHEAD
  }

  /** Forgets what is over a limit, except the newest chunk and what lies at or after `keepFrom`. */
  prune(now: number, keepFrom = Infinity): void {
    const { seconds, bytes, samples } = this.limits
    const newest = this.#end - 1
    const oldestTime = now - seconds * 1000
    while (this.#first < newest && this.#first < keepFrom) {
      const entry = this.#slots[this.#first & (this.#slots.length - 1)] as Entry
      if (this.#bytes <= bytes && entry.at >= oldestTime && !this.#isOverwritten(entry, samples)) return
      this.#forgetFirst(entry)
    }
  }

  /** Forgets what lies before `position`, except the newest chunk. */
  freeTo(position: number): void {
    const end = Math.min(position, this.#end - 1)
    while (this.#first < end) this.#forgetFirst(this.#slots[this.#first & (this.#slots.length - 1)] as Entry)
  }

  #isOverwritten(entry: Entry, samples: number): boolean {
    if (samples === Infinity) return false
    const head = this.#slots[(this.#end - 1) & (this.#slots.length - 1)] as Entry
    return head.run !== entry.run || entry.start < head.index - samples
  }

  #forgetFirst(entry: Entry): void {
    this.#slots[this.#first & (this.#slots.length - 1)] = undefined
    this.#first += 1
    this.#bytes -= entry.bytes + OVERHEAD
  }

  /** Position of the first chunk with samples after `index` of `run`; `end` when there is none yet. */
  find(run: number, index: number): number {
    return search(this.#first, this.#end, (position) => {
      const entry = this.at(position)
      return entry.run > run || (entry.run === run && entry.index > index)
    })
  }

  clear(): void {
    this.#slots = new Array<Entry | undefined>(64)
    this.#first = this.#end
    this.#bytes = 0
  }

  #grow(): void {
    const old = this.#slots
    const grown = new Array<Entry | undefined>(old.length * 2)
    for (let position = this.#first; position < this.#end; position++) {
      grown[position & (grown.length - 1)] = old[position & (old.length - 1)]
    }
    this.#slots = grown
  }
}

/** Bytes of all frames of a message. */
export function totalBytes(frames: readonly Uint8Array[]): number {
  let total = 0
  for (const frame of frames) total += frame.length
  return total
}

import type { Gap } from '@nodeacq/stream'
import type { Extremes } from '../pyramid/Level.ts'
import { Pyramid } from '../pyramid/Pyramid.ts'
import type { ViewEvent } from '../protocol/messages.ts'
import { RawRing } from './RawRing.ts'

/** What is kept of things that happened, the newest. */
const MAX_NOTES = 10_000

/** A list of which the oldest entries are forgotten; `count` goes on. */
class Notes<T> {
  /** How many there ever were. */
  count = 0
  #list: T[] = []

  push(item: T): void {
    this.count++
    this.#list.push(item)
    // Seldom, and then many at once.
    if (this.#list.length > 2 * MAX_NOTES) this.#list = this.#list.slice(-MAX_NOTES)
  }

  /** Those from number `from` on, as far as they are still there. */
  since(from: number): readonly T[] {
    return this.#list.slice(Math.max(0, this.#list.length - (this.count - from)))
  }

  clear(): void {
    this.#list = []
  }
}

export interface SignalStoreOptions {
  readonly channels: number
  /** Hz. */
  readonly sampleRate: number
  readonly dtype: 'int16' | 'float32'
  /** s that should be there at least in some resolution. */
  readonly seconds: number
}

/** Everything that is kept of a signal for those who look at it. */
export class SignalStore {
  readonly pyramid: Pyramid
  readonly raw: RawRing
  readonly gaps = new Notes<Gap>()
  readonly events = new Notes<ViewEvent>()
  /** Changes whenever the index begins anew. */
  epoch = 0

  constructor({ channels, sampleRate, dtype, seconds }: SignalStoreOptions) {
    this.pyramid = new Pyramid({ channels, sampleRate, dtype, levels: levelsFor(seconds * sampleRate, sampleRate) })
    this.raw = new RawRing({ channels, sampleRate, dtype })
  }

  /** Takes `rows` rows, of which the last has index `index - 1`. */
  append(samples: Extremes, rows: number, index: number): void {
    this.pyramid.append(samples, rows, index)
    this.raw.append(samples, rows, index)
  }

  /** Samples are missing; those after them are still to come. */
  lose(gap: Gap): void {
    this.gaps.push(gap)
    this.pyramid.skip(gap.to)
  }

  /** Forgets everything: the index begins anew. */
  begin(): void {
    this.pyramid.clear()
    this.raw.clear()
    this.gaps.clear()
    this.events.clear()
    this.epoch++
  }
}

/** Levels of the pyramid so that the widest reaches back that many samples; six are minutes to hours. */
function levelsFor(samples: number, sampleRate: number): number {
  const narrowest = sampleRate >= 8000 ? 16 : 1
  return Math.max(6, Math.ceil(Math.log(samples / (8192 * narrowest)) / Math.log(4)) + 1)
}

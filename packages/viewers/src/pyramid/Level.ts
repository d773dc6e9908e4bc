/** Stored numbers of a pyramid: integers stay integers, everything else is float32. */
export type Extremes = Int16Array | Float32Array

/** No data: the lowest is above the highest. */
export interface Nothing {
  readonly min: number
  readonly max: number
}

/**
 * Buckets of one width in a ring, `[slot][channel][min, max]`.
 *
 * ```
 *   oldest … ──────────────── next        bucket j covers samples [j·width, (j+1)·width)
 *   complete                  being filled
 * ```
 * Slots of buckets in which nothing was measured hold `Nothing`.
 */
export class Level<E extends Extremes> {
  /** Samples that a bucket covers. */
  readonly width: number
  readonly capacity: number
  readonly values: E
  /** The bucket that is being filled. */
  next = 0
  /** The first bucket that ever got anything. */
  #first = 0
  /** Numbers of one bucket. */
  readonly #size: number
  readonly #empty: E

  constructor(width: number, { capacity, empty, make }: LevelOptions<E>) {
    this.width = width
    this.capacity = capacity
    this.#empty = empty
    this.#size = empty.length
    this.values = make(capacity * this.#size)
  }

  /** The first bucket that is still there; equal to `next` when none is complete. */
  get oldest(): number {
    return Math.max(this.#first, this.next - this.capacity + 1)
  }

  /** Where the numbers of a bucket begin. */
  offset(bucket: number): number {
    return (bucket % this.capacity) * this.#size
  }

  /** Forgets everything and begins with `bucket`. */
  begin(bucket: number): void {
    this.next = bucket
    this.#first = bucket
    this.#clear(bucket)
  }

  /** Completes buckets up to `bucket`; those in between hold nothing. */
  advance(bucket: number): void {
    const from = Math.max(this.next + 1, bucket - this.capacity + 1)
    for (let j = from; j <= bucket; j++) this.#clear(j)
    this.next = bucket
  }

  /** Widens the bucket that is being filled by a complete one of the level below. */
  merge(below: E, at: number): void {
    const { values } = this
    const here = this.offset(this.next)
    for (let k = 0; k < this.#size; k += 2) {
      if (below[at + k]! < values[here + k]!) values[here + k] = below[at + k]!
      if (below[at + k + 1]! > values[here + k + 1]!) values[here + k + 1] = below[at + k + 1]!
    }
  }

  #clear(bucket: number): void {
    this.values.set(this.#empty as never, this.offset(bucket))
  }
}

export interface LevelOptions<E> {
  readonly capacity: number
  /** One bucket without data. */
  readonly empty: E
  readonly make: (length: number) => E
}

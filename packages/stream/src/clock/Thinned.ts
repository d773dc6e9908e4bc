/** Groups that are kept. */
const GROUPS = 32

/**
 * The best of many observations, over a long time in little memory: observations are gathered in groups of equal size,
 * and of each group the best one stays. When there are 32 groups that span less than `span`, neighbours are put together
 * and groups are twice as large from then on; when they span more, the oldest goes.
 */
export class Thinned<T> {
  readonly #span: number
  readonly #at: (item: T) => number
  readonly #better: (a: T, b: T) => T
  #items: T[] = []
  #groupSize = 1
  /** Observations in the newest group. */
  #inNewest = 0

  /** @param span in the unit of `at` */
  constructor(at: { span: number; at: (item: T) => number; better: (a: T, b: T) => T }) {
    this.#span = at.span
    this.#at = at.at
    this.#better = at.better
  }

  /** One of each group, oldest first. */
  get items(): readonly T[] {
    return this.#items
  }

  get groupSize(): number {
    return this.#groupSize
  }

  /** The newest group is as large as the others. */
  get isEven(): boolean {
    return this.#inNewest === this.#groupSize
  }

  /** Whether the next observation drops the oldest group. */
  get willDrop(): boolean {
    return this.isEven && this.#items.length >= GROUPS && this.#isLong
  }

  get #isLong(): boolean {
    const [first, last] = [this.#items[0], this.#items.at(-1)]
    return first !== undefined && last !== undefined && this.#at(last) - this.#at(first) >= this.#span
  }

  add(item: T): void {
    const newest = this.#items.at(-1)
    if (newest !== undefined && this.#inNewest < this.#groupSize) {
      this.#items[this.#items.length - 1] = this.#better(newest, item)
      this.#inNewest += 1
      return
    }
    if (this.#items.length >= GROUPS) {
      if (this.#isLong) this.#items.shift()
      else this.#merge()
    }
    this.#items.push(item)
    this.#inNewest = 1
  }

  #merge(): void {
    const pairs: T[] = []
    for (let i = 0; i + 1 < this.#items.length; i += 2) {
      pairs.push(this.#better(this.#items[i] as T, this.#items[i + 1] as T))
    }
    this.#items = pairs
    this.#groupSize *= 2
  }

  /** Forgets all but the newest `count` groups. */
  keep(count: number): void {
    this.#items = count === 0 ? [] : this.#items.slice(-count)
    if (this.#items.length === 0) {
      this.#groupSize = 1
      this.#inNewest = 0
    }
  }
}

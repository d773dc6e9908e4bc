interface Block {
  readonly index: number
  readonly rows: number
  /** `(rows, channels)` */
  readonly values: Int32Array
}

/** Digital numbers of one stream on their way into records, found by index. */
export class SignalQueue {
  /** Before this index it is known what there is and what is missing. */
  known: number
  readonly #zeros: readonly number[]
  readonly #blocks: Block[] = []

  /** @param zeros what stands for a missing sample, one per channel */
  constructor(startIndex: number, zeros: readonly number[]) {
    this.known = startIndex
    this.#zeros = zeros
  }

  push(index: number, values: Int32Array): void {
    const rows = values.length / this.#zeros.length
    this.#blocks.push({ index, rows, values })
    this.known = index + rows
  }

  /** The first sample at or behind an index that is here. */
  nextFrom(index: number): number | undefined {
    const block = this.#blocks.find((each) => each.index + each.rows > index)
    return block && Math.max(block.index, index)
  }

  /** The stretches of `[from, to)` that are not here. */
  missing(from: number, to: number): readonly (readonly [number, number])[] {
    const found: [number, number][] = []
    let at = from
    for (const { index, rows } of this.#blocks) {
      if (index >= to) break
      if (index > at) found.push([at, index])
      at = Math.max(at, index + rows)
    }
    if (at < to) found.push([at, to])
    return found
  }

  /** Writes samples `[from, from + count)`, signal after signal, and forgets them. @returns the place behind them */
  copyTo(record: Uint8Array, at: number, { from, count, size }: { from: number; count: number; size: 2 | 3 }): number {
    const channels = this.#zeros.length
    const to = from + count
    if (this.missing(from, to).length > 0) this.#fill(record, at, { count, size })
    for (const { index, rows, values } of this.#blocks) {
      const [first, end] = [Math.max(from, index), Math.min(to, index + rows)]
      for (let c = 0; c < channels && first < end; c++) {
        let place = at + (c * count + first - from) * size
        const last = (end - index) * channels
        for (let k = (first - index) * channels + c; k < last; k += channels, place += size) {
          const value = values[k]!
          record[place] = value
          record[place + 1] = value >> 8
          if (size === 3) record[place + 2] = value >> 16
        }
      }
    }
    while (this.#blocks.length > 0 && this.#blocks[0]!.index + this.#blocks[0]!.rows <= to) this.#blocks.shift()
    return at + channels * count * size
  }

  #fill(record: Uint8Array, at: number, { count, size }: { count: number; size: 2 | 3 }): void {
    let place = at
    for (const zero of this.#zeros) {
      for (let k = 0; k < count; k++, place += size) {
        record[place] = zero
        record[place + 1] = zero >> 8
        if (size === 3) record[place + 2] = zero >> 16
      }
    }
  }
}

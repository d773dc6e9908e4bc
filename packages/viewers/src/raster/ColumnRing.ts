import { join, NO_SPAN, type Span } from './Span.ts'

/** Lowest and highest values as they come from a server. */
export interface ColumnBlock {
  /** Index of the first sample. */
  readonly first: number
  /** Samples of each column. */
  readonly width: number
  readonly count: number
  /** `[column][channel][min, max]`; min above max is no data. */
  readonly values: ArrayLike<number>
  /** Physical value = offset + scale × stored, per channel. */
  readonly scale: ArrayLike<number>
  readonly offset: ArrayLike<number>
}

/** Samples as they are, where there are fewer of them than pixels. */
export interface SampleBlock {
  readonly first: number
  readonly count: number
  /** `[sample][channel]`, physical values; NaN is no data. */
  readonly values: ArrayLike<number>
}

export interface ColumnRingOptions {
  readonly channels: number
  /** Pixel columns that are kept. */
  readonly columns: number
  /** Need be no whole number; below 1 for slow signals. */
  readonly samplesPerColumn: number
}

const LOST = 1

/**
 * The newest pixel columns of some channels, `[channel][slot][min, max]` in physical units. A column is found by its
 * absolute number `floor(index / samplesPerColumn)`, so what comes late, twice or from the past needs no special case:
 * a slot that holds another column than the wanted one is blank.
 */
export class ColumnRing {
  readonly channels: number
  readonly columns: number
  readonly samplesPerColumn: number
  readonly #values: Float32Array
  /** The column that each slot holds; NaN: none yet. */
  readonly #held: Float64Array
  readonly #flags: Uint8Array
  /** 0: none, else the number of a colour, from 1. */
  readonly #marks: Uint8Array
  /** The newest sample of the last block of samples, to draw on from there. */
  #last: { index: number; values: Float32Array } | undefined

  constructor({ channels, columns, samplesPerColumn }: ColumnRingOptions) {
    this.channels = channels
    this.columns = columns
    this.samplesPerColumn = samplesPerColumn
    this.#values = new Float32Array(2 * channels * columns)
    this.#held = new Float64Array(columns).fill(Number.NaN)
    this.#flags = new Uint8Array(columns)
    this.#marks = new Uint8Array(columns)
  }

  /** The column in which a sample lies. */
  columnOf(index: number): number {
    return Math.floor(index / this.samplesPerColumn)
  }

  slotOf(column: number): number {
    return ((column % this.columns) + this.columns) % this.columns
  }

  /** Forgets everything. */
  clear(): void {
    this.#held.fill(Number.NaN)
    this.#last = undefined
  }

  /** Whether there is anything in a column. */
  has(column: number): boolean {
    return this.#held[this.slotOf(column)] === column
  }

  /** Lowest value of a channel in a column; above {@link max} where nothing was measured. Ask {@link has} first. */
  min(channel: number, column: number): number {
    return this.#values[2 * (channel * this.columns + this.slotOf(column))]!
  }

  max(channel: number, column: number): number {
    return this.#values[2 * (channel * this.columns + this.slotOf(column)) + 1]!
  }

  /** Whether samples of a column never came. */
  isLost(column: number): boolean {
    return this.has(column) && (this.#flags[this.slotOf(column)]! & LOST) !== 0
  }

  /** The mark in a column: 0, or the number of its colour, from 1. */
  markIn(column: number): number {
    return this.has(column) ? this.#marks[this.slotOf(column)]! : 0
  }

  /** Takes columns from a server, which may be narrower or wider than pixels. Returns the pixel columns that changed. */
  write({ first, width, count, values, scale, offset }: ColumnBlock): Span {
    const { channels } = this
    let changed = NO_SPAN
    for (let k = 0; k < count; k++) {
      const start = first + k * width
      const from = this.columnOf(start)
      // A bucket narrower than a pixel counts where it begins; a wider one fills every pixel that it covers.
      const to = Math.max(from, Math.ceil((start + width) / this.samplesPerColumn) - 1)
      const last = width <= this.samplesPerColumn ? from : to
      for (let column = from; column <= last; column++) {
        if (!this.#open(column)) continue
        let isNothing = true
        for (let c = 0; c < channels; c++) {
          const at = 2 * (k * channels + c)
          if (values[at]! > values[at + 1]!) continue
          isNothing = false
          const a = offset[c]! + scale[c]! * values[at]!
          const b = offset[c]! + scale[c]! * values[at + 1]!
          this.#widen(c, column, Math.min(a, b), Math.max(a, b))
        }
        if (isNothing && channels > 0) this.#flags[this.slotOf(column)]! |= LOST
      }
      changed = join(changed, { from, to: last + 1 })
    }
    return changed
  }

  /** Takes samples, which are joined by straight lines. Returns the pixel columns that changed. */
  writeSamples({ first, count, values }: SampleBlock): Span {
    const { channels } = this
    let changed = NO_SPAN
    const row = new Float32Array(channels)
    for (let k = 0; k < count; k++) {
      for (let c = 0; c < channels; c++) row[c] = values[k * channels + c]!
      changed = join(changed, this.#writeSample(first + k, row))
    }
    return changed
  }

  /** Samples `[from, to)` never came. */
  lose({ from, to }: Span): Span {
    const columns = { from: this.columnOf(from), to: Math.max(this.columnOf(from) + 1, this.columnOf(to - 1) + 1) }
    // What lies further back than the ring is long would be written over at once.
    const start = Math.max(columns.from, columns.to - this.columns)
    for (let column = start; column < columns.to; column++) {
      if (this.#open(column)) this.#flags[this.slotOf(column)]! |= LOST
    }
    return { from: start, to: columns.to }
  }

  /** Something happened at a sample. */
  mark(index: number, colour: number): Span {
    const column = this.columnOf(index)
    if (!this.#open(column)) return NO_SPAN
    this.#marks[this.slotOf(column)] = colour
    return { from: column, to: column + 1 }
  }

  #writeSample(index: number, row: Float32Array): Span {
    const before = this.#last?.index === index - 1 ? this.#last.values : undefined
    const at = index / this.samplesPerColumn
    const start = before === undefined ? at : (index - 1) / this.samplesPerColumn
    const from = Math.floor(start)
    const to = Math.floor(at)
    for (let column = from; column <= to; column++) {
      if (!this.#open(column)) continue
      // Shares of the way from the sample before to this one that lie at the two edges of the column.
      const enter = at === start ? 1 : (Math.max(column, start) - start) / (at - start)
      const leave = at === start ? 1 : (Math.min(column + 1, at) - start) / (at - start)
      for (let c = 0; c < this.channels; c++) {
        const b = row[c]!
        const a = before?.[c] ?? b
        const x = Number.isNaN(a) ? b : a + (b - a) * enter
        const y = Number.isNaN(a) ? b : a + (b - a) * leave
        if (Number.isFinite(x) && Number.isFinite(y)) this.#widen(c, column, Math.min(x, y), Math.max(x, y))
      }
    }
    if (this.#last === undefined) this.#last = { index, values: Float32Array.from(row) }
    else {
      this.#last.values.set(row)
      this.#last.index = index
    }
    return { from, to: to + 1 }
  }

  /** Makes room for a column; false when its slot holds a newer one. */
  #open(column: number): boolean {
    const slot = this.slotOf(column)
    const held = this.#held[slot]!
    if (held === column) return true
    if (held > column) return false
    this.#held[slot] = column
    this.#flags[slot] = 0
    this.#marks[slot] = 0
    for (let c = 0; c < this.channels; c++) {
      const at = 2 * (c * this.columns + slot)
      this.#values[at] = Infinity
      this.#values[at + 1] = -Infinity
    }
    return true
  }

  #widen(channel: number, column: number, min: number, max: number): void {
    const at = 2 * (channel * this.columns + this.slotOf(column))
    if (min < this.#values[at]!) this.#values[at] = min
    if (max > this.#values[at + 1]!) this.#values[at + 1] = max
  }
}

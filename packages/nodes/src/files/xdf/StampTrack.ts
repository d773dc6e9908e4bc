import type { RecordedGap } from '../SampleFile.ts'

/** s for which samples have to stay late after a jump of their times, so that it is a gap and no jitter. */
const SETTLE = 1
/** s that a jump has at least, where times may jitter. */
const MIN_JUMP = 0.02
/** A jump beyond this is a damaged time. s */
const MAX_JUMP = 1e9

interface Jump {
  readonly row: number
  /** Time and row of the sample before. */
  readonly time: number
  readonly from: number
  /** Samples by which those after it came late, at least. */
  missing: number
  readonly since: number
}

/** A stream's first sample and its time, where the writer said which index it is. */
export interface TimeGrid {
  readonly startIndex: number
  /** s */
  readonly startTime: number
}

/**
 * Finds what is missing in a stream by the times of its samples. With a grid, a time is an index. Where times are known to be
 * true, a jump of half a sample is a gap. Else times may jitter, as they do from LabRecorder: a jump is a gap when all that
 * comes in the second after it is late by as much.
 */
export class StampTrack {
  readonly #rate: number
  readonly #grid: TimeGrid | undefined
  readonly #isTrue: boolean
  readonly #found: { row: number; missing: number }[] = []
  #jumps: Jump[] = []
  #row = -1
  #time = NaN
  #index = 0
  #rows = 0
  #stamps = 0
  #late = 0
  firstTime = NaN
  /** Of the first row. */
  startIndex = 0
  /** Times that lie before the one that came earlier, or are none. */
  disorder = 0

  constructor(rate: number, { grid, isTrue }: { grid?: TimeGrid | undefined; isTrue: boolean }) {
    this.#rate = rate
    this.#grid = grid
    this.#isTrue = isTrue
  }

  /** s, of the sample that comes next, if it bears no time of its own */
  get nextTime(): number {
    return Number.isNaN(this.#time) ? 0 : this.#time + (this.#rows - this.#row) / this.#rate
  }

  get lastTime(): number {
    return this.nextTime - 1 / this.#rate
  }

  /** Takes a row with a time; rows between it and the one before came at the rate. */
  stamp(row: number, time: number): void {
    if (!Number.isFinite(time)) {
      this.disorder += 1
      return
    }
    this.#stamps += 1
    if (this.#grid !== undefined) this.#placeOnGrid(row, time, this.#grid)
    else this.#judge(row, time)
    if (Number.isNaN(this.firstTime)) this.firstTime = time - row / this.#rate
    this.#row = row
    this.#time = time
  }

  /** Rows so far. */
  set rows(count: number) {
    this.#rows = count
  }

  #placeOnGrid(row: number, time: number, { startIndex, startTime }: TimeGrid): void {
    const index = startIndex + Math.round((time - startTime) * this.#rate)
    if (this.#stamps === 1) {
      this.startIndex = index - row
      this.#index = this.startIndex
    }
    const missing = index - (this.#index + row)
    if (missing < 0) this.disorder += 1
    if (missing <= 0 || !Number.isSafeInteger(index) || missing > MAX_JUMP * this.#rate) return
    this.#found.push({ row, missing })
    this.#index += missing
  }

  #judge(row: number, time: number): void {
    if (Number.isNaN(this.#time)) return
    const late = time - this.#time - (row - this.#row) / this.#rate
    if (late < -0.5 / this.#rate && this.#isTrue) this.disorder += 1
    for (const jump of this.#jumps) {
      const behind = (time - jump.time) * this.#rate - (row - jump.from)
      jump.missing = Math.min(jump.missing, behind)
    }
    this.#settle(time)
    const least = this.#isTrue ? 0.5 / this.#rate : Math.max(1.5 / this.#rate, MIN_JUMP)
    if (late < least || late > MAX_JUMP) return
    this.#late += 1
    this.#jumps.push({ row, time: this.#time, from: this.#row, missing: late * this.#rate, since: time })
    if (this.#isTrue) this.#settle(Infinity)
  }

  #settle(time: number): void {
    const least = this.#isTrue ? 0.5 : Math.max(1.5, MIN_JUMP * this.#rate)
    this.#jumps = this.#jumps.filter(({ row, missing, since }) => {
      if (missing < least) return false
      if (time - since < SETTLE) return true
      this.#found.push({ row, missing: Math.round(missing) })
      return false
    })
  }

  /**
   * Everything that is missing, once all rows were taken.
   * @param warn told in one sentence what the times are like, where they are odd
   */
  gaps(cause: string, warn: (sentence: string) => void): RecordedGap[] {
    this.#settle(Infinity)
    if (this.disorder > 0) warn(`${this.disorder} times of samples lie before those that came earlier, or are no times`)
    if (this.#grid === undefined && this.#late > 3 && this.#late > this.#stamps / 4) {
      warn(`its times do not fit its rate of ${this.#rate} Hz; it is taken to be without gaps`)
      return []
    }
    const found = this.#found.toSorted((a, b) => a.row - b.row)
    let shift = this.startIndex
    return found.map(({ row, missing }) => {
      const from = row + shift
      shift += missing
      return { from, to: from + missing, row, cause }
    })
  }
}

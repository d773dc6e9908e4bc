/** What was measured of the clock of a stream: time of the stream + offset = time of the recorder. All in s. */
export class ClockTrack {
  readonly #marks: { readonly time: number; readonly offset: number }[] = []
  #isSorted = true

  add(time: number, offset: number): void {
    if (!Number.isFinite(time) || !Number.isFinite(offset)) return
    this.#isSorted &&= time >= (this.#marks.at(-1)?.time ?? -Infinity)
    this.#marks.push({ time, offset })
  }

  get count(): number {
    return this.#marks.length
  }

  /** Between two marks in proportion; outside of all, as the nearest. */
  offsetAt(time: number): number {
    if (!this.#isSorted) this.#marks.sort((a, b) => a.time - b.time)
    this.#isSorted = true
    const next = this.#firstBehind(time)
    const [a, b] = [this.#marks[next - 1], this.#marks[next]]
    if (a === undefined || b === undefined) return (a ?? b)?.offset ?? 0
    return a.offset + ((b.offset - a.offset) * (time - a.time)) / (b.time - a.time)
  }

  /** Time of the recorder at a time of the stream. */
  toRecorder(time: number): number {
    return time + this.offsetAt(time)
  }

  /** Time of the stream at a time of the recorder. */
  fromRecorder(time: number): number {
    // Offsets hardly change with time: what the second step corrects is far below a sample.
    const near = time - this.offsetAt(time - (this.#marks[0]?.offset ?? 0))
    return time - this.offsetAt(near)
  }

  #firstBehind(time: number): number {
    let low = 0
    let high = this.#marks.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#marks[middle]!.time <= time) low = middle + 1
      else high = middle
    }
    return low
  }
}

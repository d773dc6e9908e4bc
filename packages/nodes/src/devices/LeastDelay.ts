/** s over which a source's clock may drift away from this machine's unseen. */
const MEMORY = 10

/** The least delay of the last ten to twenty seconds. */
export class LeastDelay {
  #older = Infinity
  #newer = Infinity
  #turn = -Infinity

  get least(): number {
    return Math.min(this.#older, this.#newer)
  }

  /** @param time s on a monotonic clock */
  note(delay: number, time: number): void {
    if (time - this.#turn > MEMORY) {
      this.#turn = time
      this.#older = this.#newer
      this.#newer = Infinity
    }
    this.#newer = Math.min(this.#newer, delay)
  }
}

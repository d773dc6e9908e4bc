/** After so many messages in a row that seem to have come before, the clock of the other side was set back. */
const MOST_REPEATED = 200

/** Counts what is lost between the messages of a plugin, by the number that each carries. */
export class MessageCount {
  #last: number | undefined
  #time = -Infinity
  #repeated = 0
  lost = 0
  duplicates = 0

  /**
   * What a message is: the next that came, one that came before, or the first of a new acquisition.
   * @param time when it was sent; what is sent twice has its time with it
   */
  take(number: number, time: number): 'next' | 'duplicate' | 'anew' {
    const last = this.#last
    if (last !== undefined && number <= last && time <= this.#time && this.#repeated < MOST_REPEATED) {
      this.duplicates += 1
      this.#repeated += 1
      return 'duplicate'
    }
    this.#last = number
    this.#time = time
    this.#repeated = 0
    if (last === undefined) return 'next'
    if (number <= last) return 'anew'
    this.lost += number - last - 1
    return 'next'
  }
}

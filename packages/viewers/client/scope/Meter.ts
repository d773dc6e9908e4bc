/** ms over which rates are taken. */
const SPAN = 2000

/** How many frames and bytes there were per second of late. */
export class Meter {
  #since = performance.now()
  #bytes = 0
  #frames = 0
  #last = { framesPerSecond: 0, bytesPerSecond: 0 }

  add(bytes: number): void {
    this.#bytes += bytes
  }

  addFrame(): void {
    this.#frames++
  }

  read(): { framesPerSecond: number; bytesPerSecond: number } {
    const now = performance.now()
    const elapsed = now - this.#since
    if (elapsed < SPAN) return this.#last
    this.#last = { framesPerSecond: (1000 * this.#frames) / elapsed, bytesPerSecond: (1000 * this.#bytes) / elapsed }
    this.#since = now
    this.#bytes = 0
    this.#frames = 0
    return this.#last
  }
}

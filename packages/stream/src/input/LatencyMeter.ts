/** Chunks whose time of arrival is remembered until a mark asks for it. */
const ARRIVALS = 1024
/** Latest latencies that the percentiles are taken from. */
const SAMPLES = 512
const WAITING = 64

/**
 * Time from `send` to the moment a chunk is taken, for the few chunks that the output marks. A mark travels on the side
 * channel and comes before or after its chunk.
 */
export class LatencyMeter {
  readonly #indices = new Float64Array(ARRIVALS).fill(-1)
  readonly #times = new Float64Array(ARRIVALS)
  readonly #latencies: number[] = []
  #count = 0
  #position = 0
  #waiting: { index: number; time: number }[] = []

  /** The chunk that ends at `index` was taken at `time`. */
  taken(index: number, time: number): void {
    const slot = this.#count++ % ARRIVALS
    this.#indices[slot] = index
    this.#times[slot] = time
    while (this.#waiting.length > 0 && (this.#waiting[0]?.index ?? 0) <= index) {
      const mark = this.#waiting.shift()
      if (mark?.index === index) this.#add(time - mark.time)
    }
  }

  /** The chunk that ends at `index` was sent at `time`, same clock. */
  marked(index: number, time: number): void {
    const slot = this.#indices.lastIndexOf(index)
    if (slot >= 0) this.#add((this.#times[slot] ?? time) - time)
    else {
      this.#waiting.push({ index, time })
      if (this.#waiting.length > WAITING) this.#waiting.shift()
    }
  }

  /** Another run: indices mean other chunks. */
  restart(): void {
    this.#indices.fill(-1)
    this.#waiting = []
  }

  /** ms; null before the first mark. */
  get percentiles(): { p50: number; p99: number } | null {
    if (this.#latencies.length === 0) return null
    const sorted = this.#latencies.toSorted((a, b) => a - b)
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
    return { p50: at(0.5), p99: at(0.99) }
  }

  #add(latency: number): void {
    this.#latencies[this.#position++ % SAMPLES] = latency
  }
}

import type { Part } from './suite.ts'

/** Tells on stderr what is measured now and how long it may still take. */
export class Progress {
  readonly #parts: readonly Part[]
  readonly #quick: boolean
  #current = 0
  #startedAt = performance.now()
  #isLineOpen = false

  constructor(parts: readonly Part[], { quick }: { quick: boolean }) {
    this.#parts = parts
    this.#quick = quick
  }

  begin(current: number): void {
    this.#current = current
    this.#startedAt = performance.now()
  }

  /** On a terminal the line is written over by the next one. */
  show(label: string): void {
    const line = `[${this.#current + 1}/${this.#parts.length}] ${label} (${describeTime(this.#left())} left)`
    if (!process.stderr.isTTY) {
      console.error(line)
      return
    }
    this.#isLineOpen = true
    process.stderr.write(`\r\x1b[K${line.slice(0, process.stderr.columns - 1)}`)
  }

  clear(): void {
    if (this.#isLineOpen) process.stderr.write('\r\x1b[K')
    this.#isLineOpen = false
  }

  #left(): number {
    const estimates = this.#parts
      .slice(this.#current)
      .map(({ seconds }) => (this.#quick ? seconds.quick : seconds.full))
    const [now = 0, ...later] = estimates
    const ofThis = Math.max(0, now - (performance.now() - this.#startedAt) / 1000)
    return later.reduce((total, seconds) => total + seconds, ofThis)
  }
}

/** Seconds in words, rounded to what an estimate is worth. */
function describeTime(seconds: number): string {
  if (seconds < 90) return `about ${Math.max(1, Math.round(seconds / 5) * 5)} s`
  return `about ${Math.round(seconds / 60)} min`
}

import type { OutputLink } from './OutputLink.ts'

/** ms that an answer may take. */
const TIMEOUT = 2000

/** Questions to the output whose answers come after everything that it declared before. */
export class SyncCalls {
  readonly #waiting = new Map<number, () => void>()
  #latest = 0

  /** Resolves when the output has answered, or when it does not. */
  call(link: OutputLink): Promise<void> {
    const id = ++this.#latest
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.answered(id)
      }, TIMEOUT)
      this.#waiting.set(id, () => {
        clearTimeout(timer)
        resolve()
      })
      link.post({ kind: 'sync', id })
    })
  }

  answered(id: number): void {
    const answer = this.#waiting.get(id)
    this.#waiting.delete(id)
    answer?.()
  }

  close(): void {
    for (const id of this.#waiting.keys()) this.answered(id)
  }
}

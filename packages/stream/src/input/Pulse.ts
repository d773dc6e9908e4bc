import type { RunTracker } from './RunTracker.ts'

/** ms without data although the source goes on. */
const DATA_MISSING = 1500
/** ms without a head; outputs tell theirs each second. */
const HEAD_MISSING = 3500

/** When a source was last heard of. */
export class Pulse {
  #data = performance.now()
  #head = performance.now()

  gotData(): void {
    this.#data = performance.now()
  }

  gotHead(): void {
    this.#head = performance.now()
  }

  /** No data although the source goes on, or, where it tells its head, no sign of it. */
  isStalled({ head, run, next }: RunTracker, tellsHead: boolean): boolean {
    const now = performance.now()
    const isBehind = head.run > run || (head.run === run && head.index > next)
    return (isBehind && now - this.#data > DATA_MISSING) || (tellsHead && now - this.#head > HEAD_MISSING)
  }
}

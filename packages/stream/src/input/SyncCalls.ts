import { checksum } from '../delivery/checksum.ts'
import type { OutputLink } from './OutputLink.ts'

/** ms that an answer may take, and the same of an output that did not answer before. */
const TIMEOUT = 2000
const SILENT_TIMEOUT = 50

/** Questions to the output whose answers come after everything that it declared before. */
export class SyncCalls {
  readonly #waiting = new Map<number, (sender: number | undefined) => void>()
  #latest = 0
  #isSilent = false

  /**
   * Resolves when the output has answered, or when it does not. With a message that came by PUB/SUB: with the run, from
   * `from` on, that it is of, as far as the output still knows.
   */
  call(link: OutputLink, about?: MessageInQuestion): Promise<number | undefined> {
    const id = ++this.#latest
    const { from = null, index = null } = about ?? {}
    return new Promise((resolve) => {
      const timer = setTimeout(
        () => {
          this.#settle(id, null)
          this.#isSilent = true
        },
        this.#isSilent ? SILENT_TIMEOUT : TIMEOUT
      )
      this.#waiting.set(id, (sender) => {
        clearTimeout(timer)
        resolve(sender)
      })
      link.post({ kind: 'sync', id, from, index, crc: about ? checksum(about.frames) : null })
    })
  }

  answered(id: number, sender: number | null): void {
    this.#isSilent = false
    this.#settle(id, sender)
  }

  #settle(id: number, sender: number | null): void {
    const answer = this.#waiting.get(id)
    this.#waiting.delete(id)
    answer?.(sender ?? undefined)
  }

  close(): void {
    for (const id of this.#waiting.keys()) this.#settle(id, null)
  }
}

/** A message whose run does not follow from its place. */
export interface MessageInQuestion {
  readonly from: number
  readonly index: number
  readonly frames: readonly Uint8Array[]
}

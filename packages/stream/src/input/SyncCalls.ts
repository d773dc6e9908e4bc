import { checksum } from '../delivery/checksum.ts'
import type { SideMessageOf } from '../side/messages.ts'
import type { OutputLink } from './OutputLink.ts'

/** ms that an answer may take; of one on which an account depends, as long as a connection may take to come back. */
const TIMEOUT = 2000
const DECISIVE_TIMEOUT = 10_000
/** The same of an output that did not answer before. */
const SILENT_TIMEOUT = 50

/** Questions to the output whose answers come after everything that it declared before. */
export class SyncCalls {
  readonly #waiting = new Map<number, Question>()
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
        this.#isSilent ? SILENT_TIMEOUT : about ? DECISIVE_TIMEOUT : TIMEOUT
      )
      const message: Question['message'] = { kind: 'sync', id, from, index, crc: about ? checksum(about.frames) : null }
      const answer = (sender: number | undefined): void => {
        clearTimeout(timer)
        resolve(sender)
      }
      this.#waiting.set(id, { message, answer })
      link.post(message)
    })
  }

  /** The latest question was not answered. */
  get isSilent(): boolean {
    return this.#isSilent
  }

  /** Asks again what may have been lost with a connection. */
  repeat(link: OutputLink): void {
    for (const { message } of this.#waiting.values()) link.post(message)
  }

  answered(id: number, sender: number | null): void {
    this.#isSilent = false
    this.#settle(id, sender)
  }

  #settle(id: number, sender: number | null): void {
    const question = this.#waiting.get(id)
    this.#waiting.delete(id)
    question?.answer(sender ?? undefined)
  }

  close(): void {
    for (const id of this.#waiting.keys()) this.#settle(id, null)
  }
}

interface Question {
  readonly message: SideMessageOf<'sync'>
  readonly answer: (sender: number | undefined) => void
}

/** A message whose run does not follow from its place. */
export interface MessageInQuestion {
  readonly from: number
  readonly index: number
  readonly frames: readonly Uint8Array[]
}

import { checksum } from '../delivery/checksum.ts'
import type { SideMessageOf } from '../side/messages.ts'
import type { OutputLink } from './OutputLink.ts'

/** How long to wait for an answer: an account may depend on it, or all that it brings is known but for its cause. */
export type Patience = 'usual' | 'decisive' | 'brief'

/** ms */
const TIMEOUTS = { usual: 2000, decisive: 10_000, brief: 200 } as const
/** The same of an output that did not answer before. */
const SILENT_TIMEOUT = 50

/** Questions to the output whose answers come after everything that it declared before. */
export class SyncCalls {
  /** ms until a connection that died silently is noticed: a decisive answer may have to come over the next one. */
  lease = 0
  readonly #waiting = new Map<number, Question>()
  #latest = 0
  #isSilent = false
  /** It did not in a brief time. */
  #isSlow = false

  /**
   * Resolves when the output has answered, or when it does not. With a message that came by PUB/SUB: with the run, from
   * `from` on, that it is of, as far as the output still knows. How long that may take depends on what hangs on it.
   */
  call(link: OutputLink, about?: MessageInQuestion, patience: Patience = 'usual'): Promise<number | undefined> {
    const id = ++this.#latest
    const { from = null, index = null } = about ?? {}
    const patient = TIMEOUTS[patience] + (patience === 'decisive' ? this.lease : 0)
    return new Promise((resolve) => {
      const timer = setTimeout(
        () => {
          this.#settle(id, null)
          if (patience === 'brief') this.#isSlow = true
          else this.#isSilent = true
        },
        this.#isSilent || (this.#isSlow && patience === 'brief') ? SILENT_TIMEOUT : patient
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

  /** The latest question was answered in the time that it had. */
  get hasAnswered(): boolean {
    return !this.#isSilent && !this.#isSlow
  }

  /** Asks again what may have been lost with a connection. */
  repeat(link: OutputLink): void {
    for (const { message } of this.#waiting.values()) link.post(message)
  }

  answered(id: number, sender: number | null): void {
    this.#isSilent = this.#isSlow = false
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

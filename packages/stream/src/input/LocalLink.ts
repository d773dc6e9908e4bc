import type { Hub } from '../delivery/Hub.ts'
import type { SideMessage, SideMessageOf } from '../side/messages.ts'
import type { OutputLink, OutputListener } from './OutputLink.ts'

/** The way to an output of this process. */
export class LocalLink implements OutputLink {
  readonly isLocal = true
  readonly #hub: Hub
  readonly #listener: OutputListener
  #id: string | undefined

  constructor(hub: Hub, listener: OutputListener) {
    this.#hub = hub
    this.#listener = listener
  }

  hello(message: SideMessageOf<'hello'>): void {
    this.#id = `local ${message.consumer}`
    const listener = this.#listener
    this.#hub.admit(
      this.#id,
      message,
      { isLocal: true, chunk: (entry) => listener.chunk(entry), post: (said) => listener.message(said) },
      true
    )
  }

  post(message: SideMessage): void {
    if (this.#id !== undefined) this.#hub.hear(this.#id, message)
  }

  close(): void {
    this.post({ kind: 'leave' })
    this.#id = undefined
  }
}

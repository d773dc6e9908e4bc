import type { Entry } from '../delivery/RetentionLog.ts'
import type { SideMessage, SideMessageOf } from '../side/messages.ts'

/** What an input hears from its output: chunks for its cursor, and everything else of the side channel. */
export interface OutputListener {
  chunk(entry: Entry): void
  message(message: SideMessage): void
}

/** The way from an input to its output: over the side channel, or straight to the hub within one process. */
export interface OutputLink {
  /** Whether both ends are in this process, so that nothing is on its way between two calls. */
  readonly isLocal: boolean
  hello(message: SideMessageOf<'hello'>): void
  post(message: SideMessage): void
  close(): void
}

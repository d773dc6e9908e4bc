import type { HistoryMessage, ServerMessage, SubscribeMessage } from '../protocol/messages.ts'

/** What the server shows to pages: a viewer node. */
export interface Viewer {
  readonly name: string
  /** Which page shows it, e.g. `oscilloscope`. */
  readonly kind: string
  /** Live parameters. */
  readonly params: Readonly<Record<string, unknown>>
  /** @throws when the parameters are wrong. */
  setParams(patch: Readonly<Record<string, unknown>>): Promise<void>
  /** What pages may call, by name. */
  readonly calls: Readonly<Record<string, () => Promise<unknown>>>
  /** @throws {ProtocolError} when what is wanted is not there. */
  open(wish: SubscribeMessage): View
}

/** Where and how the next message goes. */
export interface Turn {
  readonly seq: number
  /** By how much columns have to be wider than asked for. */
  readonly wider: number
}

/** What one page sees of a viewer. */
export interface View {
  /** What is new, as a binary message; undefined when nothing is. */
  next(turn: Turn): Uint8Array<ArrayBuffer> | undefined
  /** A binary message with the past. */
  history(wish: HistoryMessage, seq: number): Uint8Array<ArrayBuffer>
  /** What else there is to say; asked for ten times a second. */
  messages(): readonly ServerMessage[]
  /** The page has nothing any more: `next` begins with the whole window. */
  resync(): void
}

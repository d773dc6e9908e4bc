import { z } from 'zod'
import { ProtocolError } from './ProtocolError.ts'

/** Name of the websocket's subprotocol; the number is the major version. */
export const PROTOCOL = 'nodeacq.view.1'
/** Bytes of the longest text message. */
export const MAX_TEXT = 65_536
/** Pixels of the widest picture. */
const MAX_WIDTH = 16_384
/** Messages per second of a subscription at most. */
export const MAX_RATE = 60

const id = z.number().int().min(0).max(65_535)
const request = z.number().int().min(1).max(0xffff_ffff)
const channels = z.array(z.number().int().nonnegative()).max(8192)
const index = z.number().min(-Number.MAX_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER)
const width = z.number().int().min(1).max(MAX_WIDTH)

/** Start, or replace, what is sent under `id`: `width` pixel columns for `window` seconds of some channels. */
const subscribe = z.object({
  type: z.literal('subscribe'),
  id,
  node: z.string(),
  channels,
  width,
  window: z.number().positive().max(86_400),
  messageRate: z.number().positive().max(MAX_RATE).default(MAX_RATE),
  /** What a kind of viewer wants to know beside. */
  options: z.record(z.string(), z.unknown()).default({})
})
/** Samples `[from, to)` in `width` columns; the answer has the flag `history` and the same request. */
const history = z.object({ type: z.literal('history'), id, request, from: index, to: index, width })
const patch = z.record(z.string(), z.unknown())

const clientMessage = z.discriminatedUnion('type', [
  subscribe,
  z.object({ type: z.literal('unsubscribe'), id }),
  z.object({ type: z.literal('hold'), id }),
  z.object({ type: z.literal('resume'), id }),
  z.object({ type: z.literal('ack'), id, seq: z.number().int().nonnegative() }),
  history,
  z.object({ type: z.literal('setParams'), request, node: z.string(), params: patch }),
  z.object({ type: z.literal('call'), request, node: z.string(), method: z.string() })
])

/** What a page says. */
export type ClientMessage = z.infer<typeof clientMessage>
export type ClientMessageType = ClientMessage['type']
/** What a page may leave out is left out here. */
export type OutgoingMessage = z.input<typeof clientMessage>
export type SubscribeMessage = z.infer<typeof subscribe>
export type HistoryMessage = z.infer<typeof history>

/** Reads what a page says. @throws {ProtocolError} */
export function parseClientMessage(text: string): ClientMessage {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new ProtocolError('message: expected JSON', { cause })
  }
  const result = clientMessage.safeParse(value)
  if (result.success) return result.data
  const issues = result.error.issues.map(
    ({ path, message }) => `${path.map(String).join('.') || 'message'}: ${message}`
  )
  throw new ProtocolError(issues.join('; '))
}

/** Who one is: `view` looks, `control` also changes things. */
export type Role = 'view' | 'control'

/** A viewer that one may subscribe to. */
export interface ViewerInfo {
  readonly node: string
  /** Which page shows it, e.g. `oscilloscope`. */
  readonly kind: string
}

export interface ChannelDescription {
  readonly name: string
  readonly unit: string
}

/** A signal, for who draws it. */
export interface SignalInfo {
  /** `node.output` of its source, or its address. */
  readonly stream: string
  readonly sampleRate: number
  readonly channels: readonly ChannelDescription[]
}

/** What the server says. */
export type ServerMessage =
  | {
      readonly type: 'hello'
      readonly protocol: string
      readonly role: Role
      readonly viewers: readonly ViewerInfo[]
    }
  | {
      readonly type: 'subscribed'
      readonly id: number
      /** What the viewer shows; undefined until its input is connected. */
      readonly signal: SignalInfo | null
      /** Samples per column that are sent; 1 may be `raw`. */
      readonly bucket: number
      /** Physical = offset + scale × stored, per channel of the subscription, where a message brings none of its own. */
      readonly scale: readonly number[]
      readonly offset: readonly number[]
      /** Live parameters of the node. */
      readonly params: Readonly<Record<string, unknown>>
    }
  | { readonly type: 'params'; readonly node: string; readonly params: Readonly<Record<string, unknown>> }
  | { readonly type: 'gap'; readonly id: number; readonly from: number; readonly to: number; readonly cause: string }
  | { readonly type: 'events'; readonly id: number; readonly events: readonly ViewEvent[] }
  | { readonly type: 'status'; readonly id: number; readonly status: ViewStatus }
  | { readonly type: 'ok'; readonly request: number; readonly result?: unknown }
  | { readonly type: 'error'; readonly request: number; readonly code: string; readonly message: string }

/** Something that happened at a sample. */
export interface ViewEvent {
  readonly index: number
  readonly label: string
}

/** How a viewer's stream stands, once a second. */
export interface ViewStatus {
  /** Of the viewer node. */
  readonly state: string
  readonly newest: number
  readonly lost: number
  readonly skipped: number
  /** ms from a sample's time to the viewer, median; null where that is not known. */
  readonly latency: number | null
}

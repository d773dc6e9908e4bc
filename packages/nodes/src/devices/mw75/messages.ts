/**
 * What an MW75 server and its client say: one JSON object `{id, type, data}` per WebSocket frame, text or UTF-8 bytes.
 *
 *   client → server   connect {auto_reconnect, log_level}, disconnect, status, ping, broadcast
 *   server → client   command_ack, pong and status {device_state …} with the id of what they answer;
 *                     status {state …}, eeg_data, log, error, heartbeat and broadcast with an id of their own
 *
 * Types, members and texts are those of arctop/mw75-streamer, `ws_server.py`; a timestamp is s of the epoch.
 */
import { randomUUID } from 'node:crypto'
import type { LogLevel } from '@nodeacq/rpc'
import { isObject } from '../cortex/messages.ts'
import { CHANNEL_COUNT, type Mw75Packet } from './packets.ts'

/** Clients never send more, and no message of a server is longer, in bytes. */
export const MAX_FRAME = 1 << 16

export const MW75_STATES = [
  'idle',
  'connecting',
  'connected',
  'disconnecting',
  'disconnected',
  'reconnecting',
  'error'
] as const
/** How a server stands with its headset. */
export type Mw75State = (typeof MW75_STATES)[number]

export const MW75_LOG_LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR'] as const
export type Mw75LogLevel = (typeof MW75_LOG_LEVELS)[number]

/** The level as loggers here know it. */
export function toLogLevel(level: Mw75LogLevel): LogLevel {
  return level.toLowerCase() as LogLevel
}

/** A packet and when the server had it. */
export interface Mw75Sample extends Mw75Packet {
  /** s of the epoch. */
  readonly timestamp: number
}

/** What a client asks for. */
export type Mw75Request =
  | { readonly type: 'connect'; readonly id: unknown; readonly data: unknown }
  | { readonly type: 'disconnect' | 'status' | 'ping'; readonly id: unknown }
  | { readonly type: 'broadcast'; readonly id: unknown; readonly data: unknown }

export interface ConnectOptions {
  /** Whether the server tries again when the headset is lost. */
  readonly autoReconnect: boolean
  /** From which level on the client gets the server's log. */
  readonly logLevel: Mw75LogLevel
}

/** A request that cannot be met; the client is told. */
export class Mw75Refusal extends Error {
  override readonly name = 'Mw75Refusal'
  readonly code: string
  /** Of the request; undefined where there is none to answer to. */
  readonly id: unknown

  constructor(code: string, message: string, id?: unknown) {
    super(message)
    this.code = code
    this.id = id
  }
}

/** @throws {Mw75Refusal} */
export function parseRequest(text: string): Mw75Request {
  const message = parseJson(text)
  if (!isObject(message)) throw new Mw75Refusal('INVALID_MESSAGE', 'Message must be a JSON object')
  const { id, type, data = {} } = message
  if (type === undefined || type === null || type === '') {
    throw new Mw75Refusal('MISSING_TYPE', "Missing 'type' field in message", id)
  }
  if (type === 'connect' || type === 'broadcast') return { type, id, data }
  if (type === 'disconnect' || type === 'status' || type === 'ping') return { type, id }
  const name = typeof type === 'string' ? type : JSON.stringify(type)
  throw new Mw75Refusal('UNKNOWN_COMMAND', `Unknown command type: ${name}`, id)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Mw75Refusal('INVALID_JSON', 'Invalid JSON')
  }
}

/** The `data` of a connect request. @throws {Mw75Refusal} */
export function parseConnect(data: unknown, id: unknown): ConnectOptions {
  if (!isObject(data)) throw wrongType('data', 'an object', data)
  const { auto_reconnect: autoReconnect = false, log_level: level = 'ERROR' } = data
  if (typeof autoReconnect !== 'boolean') throw wrongType('auto_reconnect', 'a boolean', autoReconnect)
  if (typeof level !== 'string') throw wrongType('log_level', 'a text', level)
  const logLevel = MW75_LOG_LEVELS.find((each) => each === level.toUpperCase())
  if (logLevel === undefined) {
    const known = 'DEBUG, INFO, WARNING, or ERROR'
    throw new Mw75Refusal('INVALID_LOG_LEVEL', `Invalid log_level: ${level.toUpperCase()}. Must be ${known}`, id)
  }
  return { autoReconnect, logLevel }
}

function wrongType(member: string, expected: string, got: unknown): Mw75Refusal {
  return new Mw75Refusal('MESSAGE_PROCESSING_ERROR', `${member}: expected ${expected}, got ${JSON.stringify(got)}`)
}

/** s of the epoch, with µs. */
export function epochSeconds(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000) / 1e6
}

/** A frame. Where no `id` is answered to it gets one of its own. */
export function encodeMessage(type: string, data: object, id?: unknown): string {
  return JSON.stringify({ id: id || randomUUID(), type, data })
}

/** The members of `eeg_data`. What is no number in JSON goes as null. */
export function eegData({ timestamp, eventId, counter, ref, drl, channels, featureStatus }: Mw75Sample): object {
  return {
    timestamp,
    event_id: eventId,
    counter,
    ref,
    drl,
    channels: Object.fromEntries(channels.map((value, k) => [`ch${k + 1}`, value])),
    feature_status: featureStatus
  }
}

/** The flat object that the original sends when it is a client itself: no id, no `data`. */
export function encodeFlat(sample: Mw75Sample): string {
  return JSON.stringify({ ...eegData(sample), type: 'eeg_data' })
}

/** What a server says. */
export type Mw75Message =
  | { readonly type: 'eeg_data'; readonly sample: Mw75Sample }
  | ({ readonly type: 'state'; readonly state: Mw75State; readonly text: string } & Battery)
  | ({ readonly type: 'heartbeat' } & Battery)
  | { readonly type: 'log'; readonly level: Mw75LogLevel; readonly text: string }
  | { readonly type: 'error'; readonly id: unknown; readonly code: string; readonly text: string }
  | { readonly type: 'answer'; readonly id: unknown; readonly data: Readonly<Record<string, unknown>> }
  | { readonly type: 'broadcast'; readonly from: string; readonly data: unknown }

interface Battery {
  /** Percent; null while it is not known. */
  readonly batteryLevel: number | null
}

/**
 * Reads a frame of a server. A flat `eeg_data` is taken too, and so are Python's `NaN` and `Infinity`.
 * @throws {SyntaxError} when it is none.
 */
export function parseMessage(text: string): Mw75Message {
  const message = parseLoosely(text)
  if (!isObject(message)) throw new SyntaxError('expected an object')
  const { type, id } = message
  if (type === 'eeg_data') return { type, sample: toSample(isObject(message['data']) ? message['data'] : message) }
  const data = message['data']
  if (!isObject(data)) throw new SyntaxError("expected an object 'data'")
  const words = toText(data['message'])
  if (type === 'status' && data['device_state'] !== undefined) return { type: 'answer', id, data }
  if (type === 'status') return { type: 'state', state: toState(data['state']), text: words, ...toBattery(data) }
  if (type === 'heartbeat') return { type, ...toBattery(data) }
  if (type === 'command_ack' || type === 'pong') return { type: 'answer', id, data }
  if (type === 'error') return { type, id, code: toText(data['code']), text: words }
  if (type === 'log') return { type, level: toLevel(data['level']), text: words }
  if (type === 'broadcast') return { type, from: toText(data['from']), data: data['data'] }
  throw new SyntaxError(`expected a type of an MW75 server, got ${JSON.stringify(type)}`)
}

/** Python writes numbers that JSON does not know. */
function parseLoosely(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (!/NaN|Infinity/.test(text)) throw error
    return JSON.parse(text.replace(/(?<=[:,[]\s*)(NaN|-?Infinity)(?=\s*[,}\]])/g, 'null'))
  }
}

function toSample(data: Readonly<Record<string, unknown>>): Mw75Sample {
  const { timestamp, counter, channels } = data
  if (typeof timestamp !== 'number' || !isObject(channels)) {
    throw new SyntaxError("expected 'timestamp' and 'channels' in eeg_data")
  }
  if (!Number.isInteger(counter) || (counter as number) < 0 || (counter as number) > 255) {
    throw new SyntaxError(`expected a counter from 0 to 255, got ${JSON.stringify(counter)}`)
  }
  const values = new Array<number>(CHANNEL_COUNT)
  for (let k = 0; k < CHANNEL_COUNT; k++) values[k] = toNumber(channels[`ch${k + 1}`])
  return {
    timestamp,
    eventId: toNumber(data['event_id']),
    counter: counter as number,
    ref: toNumber(data['ref']),
    drl: toNumber(data['drl']),
    channels: values,
    featureStatus: toNumber(data['feature_status'])
  }
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function toNumber(value: unknown): number {
  return typeof value === 'number' ? value : NaN
}

function toState(value: unknown): Mw75State {
  const state = MW75_STATES.find((each) => each === value)
  if (state === undefined) throw new SyntaxError(`expected a state, got ${JSON.stringify(value)}`)
  return state
}

function toLevel(value: unknown): Mw75LogLevel {
  return MW75_LOG_LEVELS.find((each) => each === value) ?? 'INFO'
}

function toBattery({ battery_level: level }: Readonly<Record<string, unknown>>): Battery {
  return { batteryLevel: typeof level === 'number' ? level : null }
}

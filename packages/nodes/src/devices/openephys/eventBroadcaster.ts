/**
 * Messages of Open Ephys' plugin Event Broadcaster, both ends: PUB, two frames.
 *
 *   frame 0   u16, little-endian: 0 TTL event, 1 spike
 *   frame 1   JSON, or in the mode Raw Binary the event as the GUI keeps it
 *
 *   TTL     event_type "ttl", stream, source_node, sample_rate, channel_name, sample_number, line, state
 *   spike   event_type "spike", stream, source_node, electrode, num_channels, sample_rate, sample_number, sorted_id,
 *           amp1, amp2 … (µV)
 *
 *   Raw Binary, little-endian
 *    0   u8    2 event, 3 spike …            8   i64   sample number
 *    1   u8    kind of channel               16  f64   s
 *    2   u16   source node                   24  TTL: u8 line, u8 state, u64 word
 *    4   u16   stream                            spike: u16 sorted id, then thresholds and waveform
 *    6   u16   channel
 *
 * There is no counter: what is lost cannot be seen. Older versions name the kind in words in frame 0, and may put a header
 * before the JSON, which comes last.
 *
 * Source: open-ephys-plugins/event-broadcaster, Source/EventBroadcaster.cpp; the binary form from open-ephys/plugin-GUI,
 * Source/Processors/Events, as of version 0.6; it was not seen running.
 */
import { Fields } from './Fields.ts'
import { MessageError } from './MessageError.ts'

interface Common {
  readonly stream: string
  readonly sourceNode: number
  /** Hz; 0 where it is not told. */
  readonly sampleRate: number
  readonly sampleNumber: number
}

export interface BroadcastTtl extends Common {
  readonly kind: 'ttl'
  readonly channelName: string
  readonly line: number
  readonly state: boolean
}

export interface BroadcastSpike extends Common {
  readonly kind: 'spike'
  readonly electrode: string
  readonly sortedId: number
  /** µV, one for each channel. */
  readonly amplitudes: readonly number[]
}

export type BroadcastEvent = BroadcastTtl | BroadcastSpike

const KINDS = ['ttl', 'spike'] as const
const OPENING_BRACE = 0x7b
const RAW_BASE = 24

/** @throws {MessageError} when the frames are no message. */
export function decodeBroadcast(frames: readonly Uint8Array[]): BroadcastEvent {
  if (frames.length < 2 || frames.length > 3) throw new MessageError('frames', '2 or 3', frames.length)
  const body = frames.at(-1)!
  if (body[0] === OPENING_BRACE) return decodeJson(body)
  return decodeRaw(kindOf(frames[0]!), body)
}

function kindOf(frame: Uint8Array): 'ttl' | 'spike' {
  const text = Buffer.from(frame).toString('latin1')
  const kind = frame.length === 2 ? KINDS[frame[0]! | (frame[1]! << 8)] : KINDS.find((name) => name === text)
  if (kind === undefined) throw new MessageError('frame 0', '0, 1, ttl or spike', text)
  return kind
}

function decodeJson(bytes: Uint8Array): BroadcastEvent {
  const fields = Fields.parse(bytes)
  const kind = fields.text('event_type')
  const common = {
    stream: fields.text('stream', ''),
    sourceNode: fields.count('source_node', 0),
    sampleRate: fields.number('sample_rate', 0),
    sampleNumber: fields.count('sample_number')
  }
  if (kind === 'ttl') {
    const channelName = fields.text('channel_name', '')
    const state = fields.members['state']
    if (typeof state !== 'boolean' && state !== 0 && state !== 1) {
      throw new MessageError('header.state', 'true or false', state)
    }
    return { kind, ...common, channelName, line: fields.count('line'), state: Boolean(state) }
  }
  if (kind !== 'spike') throw new MessageError('header.event_type', 'ttl or spike', kind)
  const amplitudes = Array.from({ length: channelsOf(fields) }, (_, k) => fields.number(`amp${k + 1}`, 0))
  return { kind, ...common, electrode: fields.text('electrode'), sortedId: fields.count('sorted_id', 0), amplitudes }
}

function channelsOf(fields: Fields): number {
  const count = fields.count('num_channels', 1)
  if (count > 1024) throw new MessageError('header.num_channels', 'at most 1024', count)
  return count
}

function decodeRaw(kind: 'ttl' | 'spike', bytes: Uint8Array): BroadcastEvent {
  if (bytes.length < RAW_BASE + 2) throw new MessageError('frame 1', `at least ${RAW_BASE + 2} bytes`, bytes.length)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const sampleNumber = Number(view.getBigInt64(8, true))
  if (!Number.isSafeInteger(sampleNumber) || sampleNumber < 0) {
    throw new MessageError('sample number', 'a whole number from 0', sampleNumber)
  }
  const channel = view.getUint16(6, true)
  const common = { stream: '', sourceNode: view.getUint16(2, true), sampleRate: 0, sampleNumber }
  return kind === 'ttl'
    ? { kind, ...common, channelName: '', line: view.getUint8(RAW_BASE), state: view.getUint8(RAW_BASE + 1) !== 0 }
    : { kind, ...common, electrode: `electrode ${channel}`, sortedId: view.getUint16(RAW_BASE, true), amplitudes: [] }
}

/** The frames of an event, as the plugin sends them in the mode JSON. */
export function encodeBroadcast(event: BroadcastEvent): Uint8Array[] {
  const { stream, sourceNode, sampleRate, sampleNumber } = event
  const kind = KINDS.indexOf(event.kind)
  const json =
    event.kind === 'ttl'
      ? {
          event_type: 'ttl',
          stream,
          source_node: sourceNode,
          sample_rate: sampleRate,
          channel_name: event.channelName,
          sample_number: sampleNumber,
          line: event.line,
          state: event.state
        }
      : {
          event_type: 'spike',
          stream,
          source_node: sourceNode,
          electrode: event.electrode,
          num_channels: event.amplitudes.length,
          sample_rate: sampleRate,
          sample_number: sampleNumber,
          sorted_id: event.sortedId,
          ...Object.fromEntries(event.amplitudes.map((value, k) => [`amp${k + 1}`, value]))
        }
  return [Uint8Array.of(kind & 0xff, kind >> 8), Buffer.from(JSON.stringify(json))]
}

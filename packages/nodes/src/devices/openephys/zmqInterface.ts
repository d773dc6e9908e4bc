/**
 * Messages of Open Ephys' plugin ZMQ Interface, both ends. PUB on one port, two or three frames each:
 *
 *   envelope   `DATA\0` or `EVENT\0` (spikes and parameters too)
 *   header     JSON
 *   payload    little-endian; not sent where there is none
 *
 *   type    header                                                                       payload
 *   data    message_num, content { stream, channel_num, channel_name, num_samples,      f32 × num_samples of one channel, µV
 *           sample_num, sample_rate }, data_size, timestamp
 *   event   message_num, content { stream, source_node, type, sample_num }, data_size,   TTL: u8 line, u8 state, u64 word
 *           timestamp
 *   spike   message_num, spike { stream, source_node, electrode, sample_num,             f32, channel after channel
 *           num_channels, num_samples, sorted_id, threshold }, timestamp
 *   param   content { name: value }; read by the plugin's example client only
 *
 * `message_num` counts all messages of an acquisition, `sample_num` is the first sample of the block, `timestamp` is ms of
 * the epoch. Requests go to REP on the next port: JSON, answered in words.
 *
 * Source: open-ephys-plugins/zmq-interface, Source/ZmqInterface.cpp and Resources/python_client.
 */
import { Fields, MAX_PAYLOAD } from './Fields.ts'
import { floatsOf } from './floatsOf.ts'
import { MessageError } from './MessageError.ts'

/** What `content.type` of an event means. */
export const EVENT_TYPES = [
  'timestamp',
  'buffer size',
  'parameter change',
  'TTL',
  'spike',
  'message',
  'binary'
] as const
const TTL = EVENT_TYPES.indexOf('TTL')
const TTL_BYTES = 10

interface Common {
  readonly messageNumber: number
  /** ms of the epoch when it was sent. */
  readonly time: number
}

export interface DataMessage extends Common {
  readonly kind: 'data'
  readonly stream: string
  /** Place of the channel in its stream. */
  readonly channel: number
  readonly channelName: string
  /** Number of the first sample. */
  readonly sampleNumber: number
  /** Hz */
  readonly sampleRate: number
  /** µV */
  readonly samples: Float32Array
}

export interface EventMessage extends Common {
  readonly kind: 'event'
  readonly stream: string
  readonly sourceNode: number
  /** Index of `EVENT_TYPES`. */
  readonly type: number
  readonly sampleNumber: number
  readonly payload: Uint8Array
  /** Of a TTL event. */
  readonly ttl?: { readonly line: number; readonly state: boolean; readonly word: bigint }
}

export interface SpikeMessage extends Common {
  readonly kind: 'spike'
  readonly stream: string
  readonly sourceNode: number
  readonly electrode: string
  /** Of its peak. */
  readonly sampleNumber: number
  readonly channelCount: number
  readonly sortedId: number
  readonly thresholds: readonly number[]
  /** µV, channel after channel. */
  readonly waveform: Float32Array
}

export interface ParamMessage extends Common {
  readonly kind: 'param'
  readonly values: Readonly<Record<string, unknown>>
}

export type ZmqInterfaceMessage = DataMessage | EventMessage | SpikeMessage | ParamMessage

/** @throws {MessageError} when the frames are no message. */
export function decodeMessage(frames: readonly Uint8Array[]): ZmqInterfaceMessage {
  if (frames.length < 2 || frames.length > 3) throw new MessageError('frames', '2 or 3', frames.length)
  const [envelope, head, payload = new Uint8Array(0)] = frames as [Uint8Array, Uint8Array, Uint8Array?]
  const name = Buffer.from(envelope).toString('latin1')
  if (name !== 'DATA\0' && name !== 'EVENT\0') throw new MessageError('envelope', 'DATA or EVENT', name)
  const header = Fields.parse(head)
  if (payload.length > MAX_PAYLOAD) throw new MessageError('payload', `at most ${MAX_PAYLOAD} bytes`, payload.length)
  const common = { messageNumber: header.count('message_num'), time: header.number('timestamp') }
  const type = header.text('type')
  switch (type) {
    case 'data':
      return decodeData(common, header.object('content'), payload)
    case 'event':
      return decodeEvent(common, header.object('content'), payload)
    case 'spike':
      return decodeSpike(common, header.object('spike'), payload)
    case 'param':
      return { kind: 'param', ...common, values: header.object('content').members }
    default:
      throw new MessageError('header.type', 'data, event, spike or param', type)
  }
}

function decodeData(common: Common, content: Fields, payload: Uint8Array): DataMessage {
  const count = content.count('num_samples')
  const channel = content.count('channel_num')
  requireLength(payload, count * 4)
  return {
    kind: 'data',
    ...common,
    stream: content.text('stream'),
    channel,
    // Plugins before 0.4 do not name channels.
    channelName: content.text('channel_name', `CH${channel + 1}`),
    sampleNumber: content.count('sample_num'),
    sampleRate: content.rate('sample_rate'),
    samples: floatsOf(payload.buffer, payload.byteOffset, payload.length / 4)
  }
}

function decodeEvent(common: Common, content: Fields, payload: Uint8Array): EventMessage {
  const type = content.count('type')
  const event = {
    kind: 'event' as const,
    ...common,
    stream: content.text('stream', ''),
    sourceNode: content.count('source_node', 0),
    type,
    sampleNumber: content.count('sample_num'),
    payload
  }
  if (type !== TTL) return event
  requireLength(payload, TTL_BYTES)
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length)
  return { ...event, ttl: { line: view.getUint8(0), state: view.getUint8(1) !== 0, word: view.getBigUint64(2, true) } }
}

function decodeSpike(common: Common, spike: Fields, payload: Uint8Array): SpikeMessage {
  const channelCount = spike.count('num_channels')
  requireLength(payload, channelCount * spike.count('num_samples') * 4)
  return {
    kind: 'spike',
    ...common,
    stream: spike.text('stream', ''),
    sourceNode: spike.count('source_node', 0),
    electrode: spike.text('electrode'),
    sampleNumber: spike.count('sample_num'),
    channelCount,
    sortedId: spike.count('sorted_id', 0),
    thresholds: spike.numbers('threshold'),
    waveform: floatsOf(payload.buffer, payload.byteOffset, payload.length / 4)
  }
}

function requireLength(payload: Uint8Array, bytes: number): void {
  if (payload.length !== bytes) throw new MessageError('payload', `${bytes} bytes`, payload.length)
}

/** The frames of a message, as the plugin sends them. */
export function encodeMessage(message: ZmqInterfaceMessage): Uint8Array[] {
  const { messageNumber, time } = message
  const end = { timestamp: time }
  switch (message.kind) {
    case 'data': {
      const { stream, channel, channelName, samples, sampleNumber, sampleRate } = message
      const content = {
        stream,
        channel_num: channel,
        channel_name: channelName,
        num_samples: samples.length,
        sample_num: sampleNumber,
        sample_rate: sampleRate
      }
      const payload = bytesOf(samples)
      return frames(
        'DATA',
        { message_num: messageNumber, type: 'data', content, data_size: payload.length, ...end },
        payload
      )
    }
    case 'event': {
      const { stream, sourceNode, type, sampleNumber, payload } = message
      const content = { stream, source_node: sourceNode, type, sample_num: sampleNumber }
      return frames(
        'EVENT',
        { message_num: messageNumber, type: 'event', content, data_size: payload.length, ...end },
        payload
      )
    }
    case 'spike': {
      const { stream, sourceNode, electrode, sampleNumber, channelCount, sortedId, thresholds, waveform } = message
      const spike = {
        stream,
        source_node: sourceNode,
        electrode,
        sample_num: sampleNumber,
        num_channels: channelCount,
        num_samples: waveform.length / channelCount,
        sorted_id: sortedId,
        threshold: thresholds
      }
      return frames('EVENT', { message_num: messageNumber, type: 'spike', spike, ...end }, bytesOf(waveform))
    }
    case 'param':
      return frames('EVENT', { message_num: messageNumber, type: 'param', content: message.values, ...end })
  }
}

/** The payload of a TTL event. */
export function encodeTtl(line: number, state: boolean, word: bigint): Uint8Array {
  const payload = new Uint8Array(TTL_BYTES)
  const view = new DataView(payload.buffer)
  view.setUint8(0, line)
  view.setUint8(1, state ? 1 : 0)
  view.setBigUint64(2, word, true)
  return payload
}

function frames(envelope: string, header: object, payload?: Uint8Array): Uint8Array[] {
  const first = [Buffer.from(`${envelope}\0`), Buffer.from(JSON.stringify(header))]
  return payload === undefined || payload.length === 0 ? first : [...first, payload]
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** Who asks the plugin, as its list of applications shows it. */
export interface Application {
  readonly name: string
  readonly uuid: string
}

/** An event that an application sends to the plugin. */
export interface SentEvent {
  /** Index of `EVENT_TYPES`; default TTL. */
  readonly type?: number
  readonly sampleNumber?: number
  /** 0 off, 1 on. */
  readonly id: number
  readonly channel: number
}

const ANSWERS = {
  heartbeat: 'heartbeat received',
  event: 'message correctly parsed',
  unreadable: 'JSON message could not be read'
} as const

/** A request; without an event it says that the application is alive. */
export function encodeRequest({ name, uuid }: Application, event?: SentEvent): string {
  const from = { application: name, uuid }
  if (event === undefined) return JSON.stringify({ ...from, type: 'heartbeat' })
  const { type = TTL, sampleNumber = 0, id, channel } = event
  return JSON.stringify({
    ...from,
    type: 'event',
    event: { type, sample_num: sampleNumber, event_id: id, event_channel: channel }
  })
}

/** What a request says, and the plugin's answer; no application where the request could not be read. */
export function readRequest(bytes: Uint8Array): {
  readonly answer: string
  readonly application?: Application
  readonly event?: Required<SentEvent>
} {
  try {
    const request = Fields.parse(bytes)
    const application = { name: request.text('application', ''), uuid: request.text('uuid', '') }
    if (request.text('type', '') !== 'event') return { answer: ANSWERS.heartbeat, application }
    const event = request.object('event')
    return {
      answer: ANSWERS.event,
      application,
      event: {
        type: event.count('type', 0),
        sampleNumber: event.count('sample_num', 0),
        id: event.count('event_id', 0),
        channel: event.count('event_channel', 0)
      }
    }
  } catch (error) {
    if (!(error instanceof MessageError)) throw error
    return { answer: ANSWERS.unreadable }
  }
}

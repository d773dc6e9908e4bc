import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeBroadcast, encodeBroadcast, type BroadcastEvent } from './eventBroadcaster.ts'
import { decodeFalcon, encodeFalcon, type FalconMessage } from './falcon.ts'
import { MessageError } from './MessageError.ts'
import {
  decodeMessage,
  encodeMessage,
  encodeRequest,
  encodeTtl,
  readRequest,
  type ZmqInterfaceMessage
} from './zmqInterface.ts'

interface Vectors {
  zmqInterface: {
    messages: {
      kind: string
      framesHex: string[]
      header: { message_num: number; timestamp: number } & Record<string, unknown>
      samples?: number[]
      ttl?: { line: number; state: number; word: number }
      waveformChannelMajor?: number[][]
    }[]
    control: {
      send?: {
        application: string
        uuid: string
        event?: { sample_num: number; event_id: number; event_channel: number }
      }
      sendText?: string
      reply: string
    }[]
  }
  falcon: {
    hex: string
    stream: string
    nChannels: number
    nSamples: number
    samplesChannelMajor: number[]
    eventCodes: number[]
    sampleNum: number
    timestamp: number
    messageId: number
    sampleRate: number
  }[]
  eventBroadcaster: { framesHex: string[]; decoded: Record<string, unknown> }[]
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/open_ephys_zmq.json', import.meta.url), 'utf8')
) as Vectors
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
const hex = (frame: Uint8Array): string => Buffer.from(frame).toString('hex')
const json = (frame: Uint8Array): unknown => JSON.parse(Buffer.from(frame).toString('utf8'))

describe('ZMQ Interface', () => {
  test.each(vectors.zmqInterface.messages)('a message of kind $kind is read, and written as it was', (vector) => {
    const frames = vector.framesHex.map(bytes)
    const message = decodeMessage(frames)
    expect(message).toMatchObject({
      kind: vector.kind,
      messageNumber: vector.header.message_num,
      time: vector.header.timestamp
    })
    const numbers = {
      ...('samples' in message && { samples: [...message.samples] }),
      ...('ttl' in message && {
        ttl: { ...message.ttl!, state: Number(message.ttl!.state), word: Number(message.ttl!.word) }
      }),
      ...('waveform' in message && { waveform: [...message.waveform] })
    }
    expect(numbers).toEqual({
      ...(vector.samples && { samples: vector.samples }),
      ...(vector.ttl && { ttl: vector.ttl }),
      ...(vector.waveformChannelMajor && { waveform: vector.waveformChannelMajor.flat() })
    })
    const written = encodeMessage(message)
    expect(json(written[1]!)).toEqual(vector.header)
    expect([hex(written[0]!), hex(written[2]!)]).toEqual([vector.framesHex[0], vector.framesHex[2]])
  })

  test('requests are written and answered as the plugin does', () => {
    for (const { send, reply } of vectors.zmqInterface.control) {
      if (send === undefined) continue
      const event = send.event && {
        sampleNumber: send.event.sample_num,
        id: send.event.event_id,
        channel: send.event.event_channel
      }
      const application = { name: send.application, uuid: send.uuid }
      const request = encodeRequest(application, event)
      expect(JSON.parse(request)).toEqual(send)
      expect(readRequest(Buffer.from(request))).toEqual({
        answer: reply,
        application,
        ...(event && { event: { type: 3, ...event } })
      })
    }
    const unreadable = vectors.zmqInterface.control.filter(({ sendText }) => sendText !== undefined)
    expect(unreadable.map(({ sendText }) => readRequest(Buffer.from(sendText!)))).toEqual(
      unreadable.map(({ reply }) => ({ answer: reply }))
    )
    expect(unreadable).toHaveLength(1)
  })

  test('a message without payload has two frames; parameters are read', () => {
    const event: ZmqInterfaceMessage = {
      kind: 'event',
      messageNumber: 3,
      time: 1,
      stream: 's',
      sourceNode: 100,
      type: 5,
      sampleNumber: 7,
      payload: new Uint8Array(0)
    }
    const frames = encodeMessage(event)
    expect(frames).toHaveLength(2)
    expect(decodeMessage(frames)).toEqual(event)
    const param: ZmqInterfaceMessage = { kind: 'param', messageNumber: 4, time: 2, values: { gain: 3 } }
    expect(decodeMessage(encodeMessage(param))).toEqual(param)
  })

  test('what is wrong is named', () => {
    const [envelope, header, payload] = vectors.zmqInterface.messages[0]!.framesHex.map(bytes) as [
      Uint8Array,
      Uint8Array,
      Uint8Array
    ]
    expect(() => decodeMessage([envelope, header, payload.subarray(1)])).toThrow('payload: expected 16 bytes, got 15')
    expect(() => decodeMessage([envelope, header])).toThrow('payload: expected 16 bytes, got 0')
    expect(() => decodeMessage([header, envelope])).toThrow('envelope: expected DATA or EVENT')
    expect(() => decodeMessage([envelope, Buffer.from('{"message_num":-1,"type":"data"}')])).toThrow(
      'header.message_num: expected a whole number from 0, got -1'
    )
    expect(() => decodeMessage([envelope, Buffer.from('[]')])).toThrow('header: expected an object')
    expect(() => decodeMessage([envelope, Buffer.alloc(100_000)])).toThrow('at most 65536 bytes')
  })
})

describe('Falcon Output', () => {
  test.each(vectors.falcon)('message $messageId is read, and written byte for byte', (vector) => {
    const message = decodeFalcon(bytes(vector.hex))
    expect({ ...message, samples: [...message.samples], eventCodes: [...message.eventCodes] }).toEqual({
      stream: vector.stream,
      channelCount: vector.nChannels,
      sampleCount: vector.nSamples,
      samples: vector.samplesChannelMajor,
      eventCodes: vector.eventCodes,
      sampleNumber: vector.sampleNum,
      time: vector.timestamp,
      messageId: vector.messageId,
      sampleRate: vector.sampleRate
    })
    expect(hex(encodeFalcon(message))).toBe(vector.hex)
  })

  test('lengths beyond the buffer, and numbers that do not fit together, are refused', () => {
    const good = bytes(vectors.falcon[1]!.hex)
    const changed = (at: number, value: number): Uint8Array => {
      const copy = Uint8Array.from(good)
      new DataView(copy.buffer).setUint32(at, value, true)
      return copy
    }
    expect(() => decodeFalcon(changed(0, 0xffff_ffff))).toThrow('root table')
    expect(() => decodeFalcon(changed(108, 0xffff_ffff))).toThrow('vector of field 0')
    expect(() => decodeFalcon(changed(28 + 16, 3))).toThrow('samples: expected 3 × 3, got 6')
    expect(() => decodeFalcon(new Uint8Array(3))).toThrow(MessageError)
  })
})

describe('Event Broadcaster', () => {
  test.each(vectors.eventBroadcaster)('$kind is read, and written as it was', ({ framesHex, decoded }) => {
    const event = decodeBroadcast(framesHex.map(bytes))
    expect(event).toMatchObject(decoded)
    const written = encodeBroadcast(event)
    expect(hex(written[0]!)).toBe(framesHex[0])
    expect(json(written[1]!)).toEqual(json(bytes(framesHex[1]!)))
  })

  test('the binary form and the words of older versions are read', () => {
    const raw = new Uint8Array(34)
    const view = new DataView(raw.buffer)
    view.setUint8(0, 2)
    view.setUint16(2, 100, true)
    view.setBigInt64(8, 90_002n, true)
    view.setUint8(24, 4)
    view.setUint8(25, 1)
    expect(decodeBroadcast([Uint8Array.of(0, 0), raw])).toMatchObject({
      kind: 'ttl',
      sourceNode: 100,
      sampleNumber: 90_002,
      line: 4,
      state: true
    })
    const body = bytes(vectors.eventBroadcaster[0]!.framesHex[1]!)
    expect(decodeBroadcast([Buffer.from('ttl'), Buffer.from('0.5'), body])).toMatchObject({ kind: 'ttl', line: 4 })
  })
})

describe('any bytes', () => {
  const text = fc.string({ maxLength: 12 })
  const samples = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { maxLength: 40 })
  const number = fc.nat({ max: 2 ** 31 - 1 })

  test('every message survives writing and reading, at any place in memory', () => {
    fc.assert(
      fc.property(text, text, samples, number, number, fc.nat(3), (stream, channelName, values, a, b, shift) => {
        const message: ZmqInterfaceMessage = {
          kind: 'data',
          messageNumber: a,
          time: b,
          stream,
          channel: 3,
          channelName,
          sampleNumber: a,
          sampleRate: 30_000,
          samples: Float32Array.from(values)
        }
        expect(decodeMessage(encodeMessage(message).map((frame) => shifted(frame, shift)))).toEqual(message)
        const ttl: BroadcastEvent = {
          kind: 'ttl',
          stream,
          sourceNode: 1,
          sampleRate: 2,
          sampleNumber: a,
          channelName,
          line: 255,
          state: b % 2 === 1
        }
        expect(decodeBroadcast(encodeBroadcast(ttl))).toEqual(ttl)
        const falcon: FalconMessage = {
          stream,
          channelCount: 1,
          sampleCount: values.length,
          samples: Float32Array.from(values),
          eventCodes: Uint16Array.from(values, (_, k) => k),
          sampleNumber: a,
          time: b,
          messageId: a,
          sampleRate: 30_000
        }
        expect(decodeFalcon(shifted(encodeFalcon(falcon), shift))).toEqual(falcon)
      })
    )
  })

  const seeds = [
    ...vectors.zmqInterface.messages.map(({ framesHex }) => ({ frames: framesHex.map(bytes), decode: decodeMessage })),
    ...vectors.falcon.map((vector) => ({
      frames: [bytes(vector.hex)],
      decode: (frames: readonly Uint8Array[]) => decodeFalcon(frames[0]!)
    })),
    ...vectors.eventBroadcaster.map(({ framesHex }) => ({ frames: framesHex.map(bytes), decode: decodeBroadcast })),
    { frames: [Uint8Array.of(0, 0), encodeTtl(3, true, 8n), new Uint8Array(34)], decode: decodeBroadcast }
  ]

  test('frames that are cut or changed anywhere are read or refused with a MessageError', () => {
    let refused = 0
    fc.assert(
      fc.property(
        fc.constantFrom(...seeds),
        fc.nat(),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.option(fc.uint8Array({ minLength: 1, maxLength: 8 })),
        ({ frames, decode }, which, where, patch) => {
          const broken = frames.map((frame) => Uint8Array.from(frame))
          const at = which % broken.length
          const frame = broken[at]!
          const from = Math.floor(where * frame.length)
          if (patch === null) broken[at] = frame.slice(0, from)
          else frame.set(patch.subarray(0, frame.length - from), from)
          if (isRefused(() => decode(broken))) refused += 1
        }
      ),
      { numRuns: 2000 }
    )
    expect(refused).toBeGreaterThan(500)
  })

  test('frames of nothing but random bytes are refused', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 4 }), (frames) => {
        expect(() => decodeMessage(frames)).toThrow(MessageError)
        isRefused(() => decodeBroadcast(frames))
        isRefused(() => decodeFalcon(frames[0] ?? new Uint8Array(0)))
      }),
      { numRuns: 1000 }
    )
  })
})

function shifted(frame: Uint8Array, by: number): Uint8Array {
  const room = new Uint8Array(frame.length + by)
  room.set(frame, by)
  return room.subarray(by)
}

/** Whether it throws a MessageError; anything else that it throws is passed on. */
function isRefused(work: () => unknown): boolean {
  try {
    work()
    return false
  } catch (error) {
    if (error instanceof MessageError) return true
    throw error
  }
}

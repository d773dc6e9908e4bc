import { DBusReader, DBusWriter, MAX_BYTES, type Variant } from './marshal.ts'

/**
 * A message of D-Bus: a header, padded to 8 bytes, and a body.
 *
 *   order   y   'l' little-endian, 'B' big-endian
 *   type    y   1 call, 2 answer, 3 error, 4 signal
 *   flags   y
 *   version y   1
 *   length  u   of the body
 *   serial  u
 *   fields  a(yv)
 *
 * D-Bus Specification, "Message Format".
 */
export interface DBusMessage {
  readonly type: 'call' | 'answer' | 'error' | 'signal'
  readonly serial: number
  readonly path?: string
  readonly interface?: string
  readonly member?: string
  readonly errorName?: string
  readonly replySerial?: number
  readonly destination?: string
  readonly sender?: string
  readonly signature?: string
  readonly body: readonly unknown[]
}

const TYPES = ['call', 'answer', 'error', 'signal'] as const
const FIELDS = [
  ['path', 1, 'o'],
  ['interface', 2, 's'],
  ['member', 3, 's'],
  ['errorName', 4, 's'],
  ['replySerial', 5, 'u'],
  ['destination', 6, 's'],
  ['sender', 7, 's'],
  ['signature', 8, 'g']
] as const
const FIXED = 16

export function encodeDBus(message: DBusMessage): Uint8Array {
  const { type, serial, signature = '', body } = message
  const content = new DBusWriter().write(signature, body).bytes
  const fields = FIELDS.flatMap(([name, code, kind]): [number, Variant][] => {
    const value = message[name]
    return value === undefined || value === '' ? [] : [[code, { signature: kind, value }]]
  })
  const header = new DBusWriter().write('yyyyuua(yv)', [
    'l'.charCodeAt(0),
    TYPES.indexOf(type) + 1,
    0,
    1,
    content.length,
    serial,
    fields
  ])
  return Buffer.concat([header.pad(8).bytes, content])
}

/**
 * The bytes that a message has, by its beginning; undefined while less than 16 are there.
 * @throws {RangeError} when it is none, or too long.
 */
export function lengthOfDBus(bytes: Uint8Array): number | undefined {
  if (bytes.length < FIXED) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const isLittle = bytes[0] === 'l'.charCodeAt(0)
  if ((!isLittle && bytes[0] !== 'B'.charCodeAt(0)) || bytes[3] !== 1) throw new RangeError('D-Bus: no message')
  const header = FIXED + view.getUint32(12, isLittle)
  const length = Math.ceil(header / 8) * 8 + view.getUint32(4, isLittle)
  if (length > MAX_BYTES) throw new RangeError(`D-Bus: a message of ${length} bytes`)
  return length
}

/** @param bytes of one whole message. @throws {RangeError} when they are none. */
export function decodeDBus(bytes: Uint8Array): DBusMessage {
  const isLittle = bytes[0] === 'l'.charCodeAt(0)
  const reader = new DBusReader(bytes, 0, isLittle)
  const [, kind, , , , serial, pairs] = reader.read('yyyyuua(yv)') as [
    number,
    number,
    number,
    number,
    number,
    number,
    [number, unknown][]
  ]
  const type = TYPES[kind - 1]
  if (type === undefined) throw new RangeError(`D-Bus: a message of type ${kind}`)
  const named = FIELDS.flatMap(([name, code]) => {
    const pair = pairs.find(([each]) => each === code)
    return pair === undefined ? [] : [[name, pair[1]]]
  })
  const fields = Object.fromEntries(named) as Partial<DBusMessage>
  reader.align(8)
  return { ...fields, type, serial, body: reader.read(fields.signature ?? '') }
}

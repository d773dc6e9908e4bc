import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeBinary, encodeBinary, FLAGS, TYPES, type BinaryMessage, type BinaryType } from './binary.ts'
import { parseClientMessage, type Role } from './messages.ts'
import { ProtocolError } from './ProtocolError.ts'
import { NO_DATA, quantize } from './quantize.ts'
import { mayDo, ROLE_NEEDED } from './roles.ts'

const HEADER = {
  flags: FLAGS.resync,
  id: 0x0102,
  seq: 0x03040506,
  first: 1.5,
  samplesPerColumn: 7,
  columns: 2,
  channels: 1,
  request: 9,
  newest: -2
} as const

test('a message has the bytes that the table says', () => {
  const bytes = encodeBinary({ ...HEADER, type: 'columns', values: Int16Array.of(1, 2, -1, 256) })
  expect(Buffer.from(bytes).toString('hex')).toBe(
    '0101' +
      '0201' +
      '06050403' +
      '000000000000f83f' +
      '07000000' +
      '02000000' +
      '01000000' +
      '09000000' +
      '00000000000000c0' +
      '0100' +
      '0200' +
      'ffff' +
      '0001'
  )
})

test('scales stand before the values, and are told by a flag', () => {
  const bytes = encodeBinary({
    ...HEADER,
    type: 'columns',
    scale: Float32Array.of(1),
    offset: Float32Array.of(-1),
    values: new Int16Array(4)
  })
  expect(bytes[1]).toBe(FLAGS.resync | FLAGS.blockScale)
  expect(Buffer.from(bytes.subarray(40, 48)).toString('hex')).toBe('0000803f000080bf')
})

test('both ends agree', () => {
  const count = fc.integer({ min: 0, max: 6 })
  const u32 = fc.integer({ min: 0, max: 0xffff_ffff })
  const header = fc.record({
    type: fc.constantFrom<BinaryType>('columns', 'raw'),
    flags: fc.constantFrom(0, 1, 2, 3, 8, 11),
    id: fc.integer({ min: 0, max: 65_535 }),
    seq: u32,
    first: fc.double({ noNaN: true }),
    samplesPerColumn: u32,
    columns: count,
    channels: count,
    request: u32,
    newest: fc.double({ noNaN: true })
  })
  fc.assert(
    fc.property(
      header,
      fc.boolean(),
      fc.infiniteStream(fc.integer({ min: -32_768, max: 32_767 })),
      (head, hasScales, numbers) => {
        const take = (n: number) => [...numbers.take(n)]
        const size = head.columns * head.channels
        const values = head.type === 'columns' ? Int16Array.from(take(2 * size)) : Float32Array.from(take(size))
        const scales = { scale: Float32Array.from(take(head.channels)), offset: Float32Array.from(take(head.channels)) }
        const message: BinaryMessage = { ...head, ...(hasScales && scales), values }
        expect(decodeBinary(encodeBinary(message).buffer)).toEqual(message)
      }
    )
  )
})

test.each(['columns', 'raw'] as const)('a message of type %s that is a byte short or long is refused', (type) => {
  const values = type === 'columns' ? new Int16Array(4) : new Float32Array(2)
  const { buffer } = encodeBinary({ ...HEADER, type, values })
  for (const length of [0, 1, 39, 40, buffer.byteLength - 1]) {
    expect(() => decodeBinary(buffer.slice(0, length))).toThrow(ProtocolError)
  }
  const longer = new Uint8Array(buffer.byteLength + 1)
  longer.set(new Uint8Array(buffer))
  expect(() => decodeBinary(longer.buffer)).toThrow(/expected \d+ bytes for 2 columns of 1 channels/)
})

test('random bytes are refused or read, never anything else', () => {
  const outcome = (bytes: Uint8Array): unknown => {
    try {
      return decodeBinary(bytes.slice().buffer).values
    } catch (error) {
      return error
    }
  }
  const isFine = (value: unknown): boolean => value instanceof ProtocolError || ArrayBuffer.isView(value)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      expect(isFine(outcome(bytes))).toBe(true)
    })
  )
})

test('an unknown type is refused', () => {
  const bytes = encodeBinary({ ...HEADER, type: 'raw', values: new Float32Array(2) })
  bytes[0] = Object.keys(TYPES).length + 1
  expect(() => decodeBinary(bytes.buffer)).toThrow(/unknown type 7/)
})

test('floats keep their shape on a large offset', () => {
  const offset = -0.192
  const values = Float32Array.from({ length: 400 }, (_, k) => offset + 30e-6 * Math.sin(k / 9))
  for (let k = 0; k < 400; k += 2) values.subarray(k, k + 2).sort()
  const { values: stored, scale, offset: base } = quantize(values, 1)
  const worst = Math.max(...values.map((value, k) => Math.abs(base[0]! + scale[0]! * stored[k]! - value)))
  // What float32 itself rounds at 192 mV is 7.5e-9.
  expect(worst).toBeLessThan(2 * 7.5e-9)
})

test('every channel keeps within a 65 000th of what it moved, and what is missing stays missing', () => {
  const pair = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.tuple(
        fc.float({ noNaN: true, noDefaultInfinity: true }),
        fc.float({ noNaN: true, noDefaultInfinity: true })
      )
    },
    { weight: 1, arbitrary: fc.constant(undefined) }
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(pair, pair), { maxLength: 30 }), (columns) => {
      const flat = columns
        .flat()
        .flatMap((one) => (one === undefined ? [Infinity, -Infinity] : [Math.min(...one), Math.max(...one)]))
      const { values, scale, offset } = quantize(Float32Array.from(flat), 2)
      const misses = [0, 1].flatMap((c) => {
        const own = columns.flatMap((column) => column[c] ?? [])
        const moved = own.length === 0 ? 0 : Math.max(...own) - Math.min(...own)
        const largest = Math.max(0, ...own.map(Math.abs))
        const mayMiss = moved / 60_000 + largest * 1e-6 + 1e-38
        return columns.filter((column, k) => {
          const [low, high] = [values[4 * k + 2 * c]!, values[4 * k + 2 * c + 1]!]
          if (column[c] === undefined) return low !== NO_DATA.min || high !== NO_DATA.max
          return low > high || Math.abs(offset[c]! + scale[c]! * low - Math.min(...column[c])) > mayMiss
        })
      })
      expect(misses).toEqual([])
    })
  )
})

test('what a page says is read with its defaults', () => {
  const said = { type: 'subscribe', id: 1, node: 'scope', channels: [0, 3], width: 800, window: 5 }
  expect(parseClientMessage(JSON.stringify(said))).toEqual({ ...said, messageRate: 60, options: {} })
})

test.each([
  ['no JSON', '{', /expected JSON/],
  ['another type', '{"type":"shutdown"}', /type/],
  ['a field too many digits', '{"type":"ack","id":70000,"seq":1}', /id/],
  ['a negative channel', '{"type":"subscribe","id":1,"node":"a","channels":[-1],"width":1,"window":1}', /channels\.0/],
  ['no window', '{"type":"subscribe","id":1,"node":"a","channels":[],"width":1,"window":0}', /window/],
  ['a picture too wide', '{"type":"subscribe","id":1,"node":"a","channels":[],"width":99999,"window":1}', /width/],
  ['a list', '[]', /message/]
])('%s is refused', (_, text, message) => {
  expect(() => parseClientMessage(text)).toThrow(message)
  expect(() => parseClientMessage(text)).toThrow(ProtocolError)
})

test('who looks may not change anything', () => {
  const table = Object.keys(ROLE_NEEDED).map((message) => {
    const may = (role: Role) => mayDo(role, message as keyof typeof ROLE_NEEDED)
    return [message, may('view'), may('control')]
  })
  expect(table).toEqual([
    ['subscribe', true, true],
    ['unsubscribe', true, true],
    ['hold', true, true],
    ['resume', true, true],
    ['ack', true, true],
    ['history', true, true],
    ['setParams', false, true],
    ['call', false, true]
  ])
})

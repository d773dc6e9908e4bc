import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SerializeError } from '../errors.ts'
import { FloatValue } from './float.ts'
import { json } from './json.ts'
import { msgpack } from './msgpack.ts'
import { MAX_DEPTH } from './Serializer.ts'
import type { Serializer, Tree } from './Serializer.ts'

/** What every serializer must do, ours and registered ones. */
describe.each([msgpack, json])('serializer $name', (serializer: Serializer) => {
  const roundTrip = (tree: Tree) => serializer.decode(serializer.encode(tree))

  test('plain data comes back', () => {
    const trees: Tree[] = [
      null,
      true,
      false,
      0,
      -1,
      1.5,
      '',
      'héllo 世 😀',
      [],
      {},
      [1, [2, { a: [] }]],
      { a: null, b: 'x' }
    ]
    for (const tree of trees) expect(roundTrip(tree)).toEqual(tree)
  })

  test('integers of up to 64 bits are exact', () => {
    for (const value of [2n ** 53n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n, -(2n ** 53n) - 1n, -(2n ** 63n)])
      expect(BigInt(roundTrip(value) as bigint)).toBe(value)
  })

  test('numbers that are not finite, and the sign of zero, come back', () => {
    expect(roundTrip([NaN, Infinity, -Infinity])).toEqual([NaN, Infinity, -Infinity])
    expect(roundTrip(new FloatValue(-0))).toBe(-0)
    expect(roundTrip(new FloatValue(1000))).toBe(1000)
  })

  test('what is nested too deep is refused, not followed', () => {
    let deep: Tree = []
    for (let i = 0; i < MAX_DEPTH + 10; i++) deep = [deep]
    expect(() => serializer.encode(deep)).toThrow(/deep|Too deep/)
    const bytes = serializer === json ? Buffer.from('['.repeat(100_000)) : Buffer.alloc(100_000, 0x91)
    expect(() => serializer.decode(bytes)).toThrow(SerializeError)
  })

  test('a key __proto__ is refused', () => {
    const bytes = serializer === json ? Buffer.from('{"__proto__": 1}') : Buffer.from('\x81\xa9__proto__\x01', 'latin1')
    expect(() => serializer.decode(bytes)).toThrow(SerializeError)
  })

  test('bytes that are no message are a SerializeError, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(refusalOf(() => serializer.decode(bytes)) ?? new SerializeError('none')).toBeInstanceOf(SerializeError)
      })
    )
  })

  test('every part of a message is a SerializeError', () => {
    const whole = serializer.encode({
      action: 'return',
      req_id: 300,
      rval: [1.5, 'text', true, null, 2n ** 60n],
      error: null
    })
    for (let length = 0; length < whole.length; length++)
      expect(() => serializer.decode(whole.subarray(0, length))).toThrow(SerializeError)
    expect(() => serializer.decode(Buffer.concat([whole, whole]))).toThrow(SerializeError)
  })

  test('arbitrary JSON values come back', () => {
    const plain = fc.jsonValue({ maxDepth: 5 }).filter((value) => !JSON.stringify(value).includes('__proto__'))
    fc.assert(
      fc.property(plain, (value) => {
        const tree = value as Tree
        expect(JSON.stringify(numbers(roundTrip(tree)))).toBe(JSON.stringify(numbers(tree)))
      })
    )
  })
})

function refusalOf(action: () => unknown): unknown {
  try {
    action()
    return undefined
  } catch (error) {
    return error
  }
}

/** Large integral numbers come as bigint; `-0` as an integer is 0. */
function numbers(tree: unknown): unknown {
  if (typeof tree === 'bigint') return Number(tree)
  if (Array.isArray(tree)) return tree.map(numbers)
  if (typeof tree !== 'object' || tree === null) return tree
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, numbers(value)]))
}

describe('msgpack', () => {
  const bytesOf = (tree: Tree) => Buffer.from(msgpack.encode(tree)).toString('hex')

  test('floats are float64 even when integral, also among other data', () => {
    expect(bytesOf(new FloatValue(1000))).toBe('cb408f400000000000')
    expect(bytesOf({ a: 1, b: new FloatValue(2), c: [new FloatValue(-0), 'x'] })).toBe(
      '83a16101a162cb4000000000000000a16392cb8000000000000000a178'
    )
    expect(bytesOf(0.5)).toBe('cb3fe0000000000000')
  })

  test('a message that claims more than it has is refused before anything is built', () => {
    const bomb = Buffer.concat(Array.from({ length: 50 }, () => Buffer.from('dd7fffffff', 'hex')))
    expect(() => msgpack.decode(bomb)).toThrow('claims 2147483647 values')
    expect(() => msgpack.decode(Buffer.from('dfffffffff', 'hex'))).toThrow(SerializeError)
    expect(() => msgpack.decode(Buffer.from('c6ffffffff', 'hex'))).toThrow(SerializeError)
  })

  test('ext types and keys that are no text are refused', () => {
    for (const hex of ['d4ff00', 'd6ff00000000', 'c70100ff', 'c1', '8101a161', '81c4016101'])
      expect(() => msgpack.decode(Buffer.from(hex, 'hex'))).toThrow(SerializeError)
  })

  test('binary data comes as it lies in the message, at any offset', () => {
    const value = msgpack.decode(msgpack.encode({ a: Uint8Array.of(1, 2, 3) })) as { a: Uint8Array }
    expect([...value.a]).toEqual([1, 2, 3])
  })

  test('a large message leaves no large buffer behind and the next one is right', () => {
    expect(msgpack.encode(new Uint8Array(3 << 20)).length).toBe((3 << 20) + 5)
    expect(bytesOf([1])).toBe('9101')
  })
})

describe('json', () => {
  const textOf = (tree: Tree) => Buffer.from(json.encode(tree)).toString('latin1')

  test('the text is what json.dumps writes', () => {
    expect(textOf({ a: [1, new FloatValue(1000), NaN], b: 'é\u007f\n"\\😀' })).toBe(
      '{"a": [1, 1000.0, NaN], "b": "\\u00e9\\u007f\\n\\"\\\\\\ud83d\\ude00"}'
    )
    expect(textOf({ data: Uint8Array.of(0, 255) })).toBe('{"data": {"___type_name___": "bytes", "data": "AP8="}}')
  })

  test('floats are written as Python writes them', () => {
    // value, repr(value)
    const known: [number, string][] = [
      [1e16, '1e+16'],
      [123456789012345680, '1.2345678901234568e+17'],
      [1e-5, '1e-05'],
      [0.0001, '0.0001'],
      [0.00012345, '0.00012345'],
      [1.5e-7, '1.5e-07'],
      [1e300, '1e+300'],
      [5e-324, '5e-324'],
      [-0.1, '-0.1'],
      [1e22, '1e+22'],
      [100, '100.0']
    ]
    for (const [value, text] of known) expect(textOf(new FloatValue(value))).toBe(text)
  })

  test('NaN and Infinity are read, and integers beyond 2^53 exactly', () => {
    expect(json.decode(Buffer.from(' [NaN, Infinity, -Infinity, 9007199254740993, -0, -0.0, 1E3] '))).toEqual([
      ...[NaN, Infinity, -Infinity],
      ...[9007199254740993n, 0, -0, 1000]
    ])
  })

  test('what JSON does not know is refused', () => {
    const texts = [
      '',
      '{',
      '[1,]',
      '{"a" 1}',
      '{a: 1}',
      "'a'",
      '01',
      '+1',
      '1.',
      '.5',
      'nul',
      '[1] 2',
      '"\u0001"',
      '"\\x"',
      '-'
    ]
    const read = texts.filter((text) => !(refusalOf(() => json.decode(Buffer.from(text))) instanceof SerializeError))
    expect(read).toEqual([])
  })

  test('escapes and quotes in texts are read', () => {
    expect(json.decode(Buffer.from('"a\\\\\\"b\\u00e9\\ud83d\\ude00\\n"'))).toBe('a\\"bé😀\n')
  })
})

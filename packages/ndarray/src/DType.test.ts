import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import numpy from '../test/fixtures/numpy.json' with { type: 'json' }
import { DType, type DTypeLike, type FieldSpec, parseDType } from './DType.ts'
import { DTypeError } from './errors.ts'

describe('names are those of numpy', () => {
  test.each(numpy.names)('$spelling is $name', ({ spelling, name, itemSize }) => {
    const dtype = parseDType(spelling)
    expect({ name: dtype.name, itemSize: dtype.itemSize }).toEqual({ name, itemSize })
    expect(parseDType(name)).toEqual(dtype)
  })

  test.each(numpy.structures)('$name', ({ spec, name, itemSize, offsets }) => {
    const dtype = parseDType(spec as unknown as FieldSpec[])
    expect({ name: dtype.name, itemSize: dtype.itemSize }).toEqual({ name, itemSize })
    expect(dtype.fields?.map((field) => field.offset)).toEqual(offsets)
    expect(parseDType(name)).toEqual(dtype)
    expect(parseDType(dtype.toWire() as DTypeLike)).toEqual(dtype)
  })
})

test('a dtype tells kind, order and unit', () => {
  expect(parseDType('>i4')).toMatchObject({ kind: 'i', byteOrder: '>', isNative: false, unit: undefined })
  expect(parseDType('i1')).toMatchObject({ kind: 'i', byteOrder: '|', isNative: true })
  expect(parseDType('U5')).toMatchObject({ kind: 'U', byteOrder: '<', itemSize: 20 })
  expect(parseDType('datetime64[ms]')).toMatchObject({ kind: 'M', unit: 'ms' })
  expect(parseDType('m8').unit).toBe('')
  expect(parseDType([['x', '>f4']])).toMatchObject({ kind: 'V', byteOrder: '|', isNative: false })
})

test('equal dtypes have equal names, however they are spelled', () => {
  expect(parseDType('f4').equals('float32')).toBe(true)
  expect(parseDType('f4').equals('>f4')).toBe(false)
  expect(parseDType([['index', 'int64']]).equals("[('index', '<i8')]")).toBe(true)
  expect(String(parseDType('int'))).toBe('int64')
  expect(parseDType(parseDType('u1'))).toBeInstanceOf(DType)
})

test('toNative changes the order of all fields', () => {
  expect(parseDType('>f8').toNative().name).toBe('float64')
  expect(
    parseDType([
      ['a', '>i2'],
      ['p', [['b', '>f4', [2]]]]
    ]).toNative().name
  ).toBe("[('a', '<i2'), ('p', [('b', '<f4', (2,))])]")
})

test('toWire gives what pyacq puts into params', () => {
  expect(parseDType('f4').toWire()).toBe('float32')
  expect(parseDType("[('index', '<i8'), ('on', '?'), ('xyz', '>f4', (3,))]").toWire()).toEqual([
    ['index', '<i8'],
    ['on', '?'],
    ['xyz', '>f4', [3]]
  ])
})

test('either quote, tuples or lists, blanks and a trailing comma are read', () => {
  const name = "[('a', '<i4'), ('b', '<f4', (3,))]"
  expect(parseDType('[["a","i4"],["b","f4",[3]]]').name).toBe(name)
  expect(parseDType(` [ ('a' , 'i4' ,) ,\n("b", 'f4', 3), ] `).name).toBe(name)
  expect(parseDType("[('\\x61', 'i4'), ('\\u0062', 'f4', (3,))]").name).toBe(name)
})

describe('refused', () => {
  const garbage = [
    '',
    'float33',
    'f3',
    'i16',
    'O',
    'object',
    'longdouble',
    '<',
    'f4,i4',
    'f4[ms]',
    'M8[parsec]',
    'S99999999999',
    'U2147483647',
    '(2,)f4',
    '[',
    ']',
    '[(',
    "[('a')]",
    "[('a', 'f4', (3,), 1)]",
    "[('a', 'f4'), ('a', 'i4')]",
    "[('a', 'f4', (-1,))]",
    "[('a', 'f4', (1.5,))]",
    "[('a', ('f4', (3,)))]",
    "[('a', 'f4', (99999999999,))]",
    "[('a', 'f4' 'b')]",
    "[('a, 'f4')]",
    "[('a', 'f4')",
    "[('a', 'f4')] + []",
    "[(1, 'f4')]",
    "[('\\q', 'f4')]",
    "[('\\uD', 'f4')]",
    "[('a', __import__('os').system('true'))]",
    "{'names': ['a'], 'formats': ['<f4'], 'offsets': [0], 'itemsize': 8}",
    '['.repeat(100_000),
    '['.repeat(1000),
    "[('a', ".repeat(20) + "'f4'" + ')]'.repeat(20)
  ]
  test.each(garbage.map((text) => [text.slice(0, 60), text]))('%s', (_, text) => {
    expect(() => parseDType(text)).toThrow(DTypeError)
  })

  test.each([null, undefined, 3, {}, [3], [['a']], [['a', 3]], [['a', 'f4', 'x']], ['a', 'f4']])(
    'a list from a peer: %j',
    (spec) => {
      expect(() => parseDType(spec as unknown as DTypeLike)).toThrow(DTypeError)
    }
  )

  test('the message names what was expected and what came', () => {
    expect(() => parseDType('float33')).toThrow(/expected a numpy type name .* got 'float33'/)
    expect(() => parseDType("[('a', 'f4'")).toThrow(/expected ',' or '\)', got the end/)
  })
})

const scalar = fc.oneof(
  fc.constantFrom('f2', '>f4', 'f8', 'i1', '>i2', 'i4', 'i8', 'u1', 'u2', '>u8', '?', 'c8', 'M8[ms]', '>m8[10us]'),
  fc.integer({ min: 1, max: 300 }).map((n) => `S${n}`),
  fc.integer({ min: 1, max: 300 }).map((n) => `>U${n}`)
)
const shape = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 })
// Three levels of at most 4 fields × 27 items of 1200 bytes stay under the 2 GiB that an item may have.
const { structure } = fc.letrec<{ structure: FieldSpec[]; type: string | FieldSpec[] }>((tie) => ({
  type: fc.oneof({ maxDepth: 2, withCrossShrink: true }, scalar, tie('structure')),
  structure: fc.uniqueArray(
    fc.tuple(fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }), tie('type'), shape) as fc.Arbitrary<FieldSpec>,
    { selector: ([name]) => name, minLength: 1, maxLength: 4 }
  )
}))

test('any structure survives its name and its wire form', () => {
  fc.assert(
    fc.property(structure, (spec) => {
      const dtype = parseDType(spec)
      expect(parseDType(dtype.name)).toEqual(dtype)
      expect(parseDType(dtype.toWire() as DTypeLike)).toEqual(dtype)
    })
  )
})

function outcome(text: string): unknown {
  try {
    return parseDType(text)
  } catch (error) {
    return error
  }
}

test('any text gives a dtype or a DTypeError', () => {
  const pieces = fc.constantFrom('[', ']', '(', ')', "'", '"', ',', ' ', 'a', 'f4', '3', '\\', 'x', '{', '>')
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces).map((parts) => `[${parts.join('')}`)
      ),
      (text) => {
        expect(outcome(text)).toSatisfy((value) => value instanceof DType || value instanceof DTypeError)
      }
    )
  )
})

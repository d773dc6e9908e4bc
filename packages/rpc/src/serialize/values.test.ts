import { NdArray } from '@nodeacq/ndarray'
import { expect, test } from 'vitest'
import { SerializeError } from '../errors.ts'
import { CalendarDate, MicrosecondDate } from './dates.ts'
import { FLOATS, float } from './float.ts'
import { fromWire } from './fromWire.ts'
import { markProxied } from './kinds.ts'
import type { ProxyRecord } from './markers.ts'
import { msgpack } from './msgpack.ts'
import type { Tree } from './Serializer.ts'
import { toWire } from './toWire.ts'

const record: ProxyRecord = {
  ___type_name___: 'proxy',
  rpc_addr: 'a',
  obj_id: 1,
  ref_id: 2,
  type_str: 't',
  attributes: []
}
const encode = (value: unknown, sent: object[] = []) =>
  toWire(value, {
    proxy(object) {
      sent.push(object)
      return record
    }
  })
const decode = (tree: Tree) => fromWire(tree, { proxy: (given) => ({ given }) })
const roundTrip = (value: unknown) => decode(msgpack.decode(msgpack.encode(encode(value))))

test('plain data is not copied', () => {
  const value = { a: [1, 'x', null, { b: true }], c: 1.5 }
  expect(encode(value)).toBe(value)
})

test('arrays, dates and bytes come back', () => {
  const array = NdArray.fromTyped(Float32Array.of(1, 2, 3, 4, 5, 6), [3, 2])
  expect((roundTrip(array.transpose()) as NdArray).equals(array.transpose())).toBe(true)
  expect((roundTrip(Float64Array.of(1, 2)) as NdArray).toNested()).toEqual([1, 2])
  expect(roundTrip(Buffer.from('abc'))).toEqual(Uint8Array.from(Buffer.from('abc')))
  expect(roundTrip(new DataView(Uint8Array.of(1, 2).buffer))).toEqual(Uint8Array.of(1, 2))
  expect(roundTrip(new Date(1_420_113_600_123))).toEqual(new Date(1_420_113_600_123))
  expect(roundTrip(new MicrosecondDate(1_420_113_600_123, 7))).toMatchObject({ microseconds: 7 })
  expect(roundTrip(new CalendarDate(2015, 1, 2))).toEqual(new CalendarDate(2015, 1, 2))
})

test('an array whose bytes lie anywhere in a message can be used', () => {
  for (const pad of ['', 'a', 'ab', 'abc', 'abcd']) {
    const { array } = roundTrip({ pad, array: Float64Array.of(1, 2, 3) }) as { array: NdArray }
    expect([...(array.typed() as Float64Array)]).toEqual([1, 2, 3])
  }
})

test('integers keep 64 bits; safe ones are numbers, others bigint', () => {
  for (const value of [
    0,
    4294967295,
    4294967296,
    -2147483648,
    -2147483649,
    Number.MAX_SAFE_INTEGER,
    2n ** 53n,
    -(2n ** 63n)
  ])
    expect(roundTrip(value)).toBe(value)
  expect(roundTrip(5n)).toBe(5)
  expect(() => encode(2n ** 64n)).toThrow(SerializeError)
})

test('flagged keys go out as floats: one value, a list, and a wrapped number', () => {
  const params = { sample_rate: 1000, scale: [1, 2.5], shape: [1, 2], other: 3 }
  Object.defineProperty(params, FLOATS, { value: new Set(['sample_rate', 'scale']) })
  expect(Buffer.from(msgpack.encode(encode(params))).toString('hex')).toBe(
    '84ab73616d706c655f72617465cb408f400000000000a57363616c6592cb3ff0000000000000cb4004000000000000' +
      'a5736861706592' +
      '0102' +
      'a56f7468657203'
  )
  expect(Buffer.from(msgpack.encode(encode([float(3)]))).toString('hex')).toBe('91cb4008000000000000')
})

test('maps and sets go as map and list, undefined is left out of maps and is null in lists', () => {
  expect(roundTrip(new Map([['a', new Set([1, 2])]]))).toEqual({ a: [1, 2] })
  expect(roundTrip({ a: undefined, b: [undefined] })).toEqual({ b: [null] })
  expect(() => encode(new Map([[1, 2]]))).toThrow(SerializeError)
})

test('functions, classes, modules, branded and marked objects go as proxies', async () => {
  class Branded {
    get '~proxied'(): true {
      return true
    }
  }
  const marked = new (class Marked {})()
  markProxied(marked)
  const withMethod = { add: (a: number, b: number) => a + b }
  const things = [() => 1, Branded, await import('./float.ts'), new Branded(), marked, withMethod]
  for (const thing of things) {
    const sent: object[] = []
    expect(encode([thing], sent)).toEqual([record])
    expect(sent).toEqual([thing])
  }
})

test('instances of other classes go by their own enumerable fields, without calling getters', () => {
  class Point {
    x = 1
    readonly #secret = 2
    get sum(): number {
      throw new Error(`not to be called ${this.#secret}`)
    }
  }
  const point = new Point()
  Object.defineProperty(point, 'lazy', { enumerable: true, get: () => expect.fail('a getter was called') })
  expect(roundTrip(point)).toEqual({ x: 1 })
  expect(roundTrip(Object.assign(new RangeError('too far'), { code: 'FAR' }))).toEqual({
    name: 'RangeError',
    message: 'too far',
    code: 'FAR'
  })
})

test('what cannot travel is a SerializeError: symbols, promises, circles, reserved keys, broken dates', () => {
  const circle: unknown[] = []
  circle.push(circle)
  for (const value of [Symbol('x'), Promise.resolve(1), circle, { ___type_name___: 'x' }, new Date(NaN)])
    expect(() => encode([value])).toThrow(SerializeError)
})

test('maps that misuse the marker are a SerializeError', () => {
  const misuses: Tree[] = [
    { ___type_name___: 'unknown' },
    { ___type_name___: 5 },
    { ___type_name___: null },
    { ___type_name___: 'ndarray' },
    { ___type_name___: 'ndarray', data: Uint8Array.of(1), dtype: 'float32', shape: [1] },
    { ___type_name___: 'ndarray', data: Uint8Array.of(), dtype: '__import__("os")', shape: [0] },
    { ___type_name___: 'ndarray', data: Uint8Array.of(), dtype: 'float32', shape: [-1] },
    { ___type_name___: 'ndarray', data: Uint8Array.of(), dtype: 'float32', shape: [2 ** 40, 2 ** 40, 0.5] },
    { ___type_name___: 'ndarray', data: Uint8Array.of(), dtype: 'float32', shape: [2 ** 40, 0] },
    { ___type_name___: 'ndarray', data: Uint8Array.of(), dtype: 'float32', shape: Array<number>(40).fill(0) },
    { ___type_name___: 'ndarray', data: 'no base64!', dtype: 'float32', shape: [1] },
    { ___type_name___: 'bytes', data: 5 },
    { ___type_name___: 'datetime', data: 'yesterday' },
    { ___type_name___: 'date', data: null },
    { ___type_name___: 'proxy' },
    { ___type_name___: 'proxy', rpc_addr: 'a', obj_id: 'x', ref_id: 0, attributes: [] },
    { ___type_name___: 'proxy', rpc_addr: 'a', obj_id: 0, ref_id: 0, attributes: [5] }
  ]
  for (const tree of misuses) expect(() => decode([tree])).toThrow(SerializeError)
  const functions = (tree: Tree) => fromWire(tree, { proxy: () => () => 1 })
  for (const key of ['then', 'toJSON', 'toString', 'valueOf'])
    expect(() => functions({ a: [{ [key]: { ...record } }] })).toThrow(SerializeError)
  expect(decode({ a: { ___type_name___: 'none' } })).toEqual({ a: null })
})

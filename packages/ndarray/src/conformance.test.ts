import { describe, expect, test } from 'vitest'
import vectors from '../test/fixtures/stream_plaindata.json' with { type: 'json' }
import type { DTypeLike } from './DType.ts'
import { parseDType } from './DType.ts'
import type { ElementRecord } from './element.ts'
import { ShapeError } from './errors.ts'
import type { Nested } from './nested.ts'
import { NdArray } from './NdArray.ts'

/** Values as the vectors spell them: S fields as hex, complex as [re, im], what is not finite as text. */
function spelled(value: Nested | ElementRecord[string], dtype: string): unknown {
  if (typeof value === 'number')
    return Number.isFinite(value) ? value : String(value).toLowerCase().replace('infinity', 'inf')
  if (typeof value === 'string')
    return Buffer.from(value)
      .toString('hex')
      .padEnd(2 * parseDType(dtype).itemSize, '0')
  if (typeof value !== 'object' || value instanceof Uint8Array) return value
  if (Array.isArray(value)) return value.map((item) => spelled(item as Nested, dtype))
  if (dtype.startsWith('complex')) return Object.values(value)
  const fields = parseDType(dtype).fields ?? []
  return fields.map((field) => spelled((value as ElementRecord)[field.name]!, field.dtype.name))
}

/** The numbers of a vector with the trailing zeros of S fields, which it leaves out, put back. */
function padded(value: unknown, dtype: string): unknown {
  const { fields } = parseDType(dtype)
  if (!fields || !Array.isArray(value)) return value
  const isRecord = !Array.isArray(value[0])
  if (!isRecord) return value.map((item) => padded(item, dtype))
  return value.map((item, i) =>
    fields[i]?.dtype.kind === 'S' ? String(item).padEnd(2 * fields[i].dtype.itemSize, '0') : (item as unknown)
  )
}

describe('chunks of pyacq, read where they lie', () => {
  for (const { name, params, chunks } of vectors.cases) {
    const good = chunks.filter((chunk) => !('error' in chunk.real_receiver))
    test.each(good.map((chunk, i) => ({ chunk, title: `${name}, chunk ${i}` })))('$title', ({ chunk }) => {
      const dtype = parseDType(params.dtype as DTypeLike)
      const { shape, strides, offset } = chunk.header
      const bytes = Buffer.from(chunk.frames_hex[1]!, 'hex')
      const array = NdArray.fromBuffer(bytes, { dtype, shape, strides, offset })
      expect(spelled(array.toNested(), dtype.name)).toEqual(padded(chunk.values, dtype.name))
      expect(array.copy().equals(array)).toBe(true)
      expect(array.strides).toEqual(strides)
    })
  }
})

test('what the real receiver refuses is refused: int64 items sent as a structure of 24 bytes', () => {
  const { params, chunks } = vectors.cases.find((candidate) => candidate.name === 'event_struct')!
  const [, chunk] = chunks
  const bytes = Buffer.from(chunk!.frames_hex[1]!, 'hex')
  expect(chunk!.real_receiver).toHaveProperty('error')
  expect(() => NdArray.fromBuffer(bytes, { ...chunk!.header, dtype: params.dtype as DTypeLike })).toThrow(ShapeError)
})

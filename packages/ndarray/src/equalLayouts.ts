import { denseCopy, fieldLayout, nativeValues } from './cast.ts'
import type { Layout } from './layout.ts'
import { sizeOf } from './layout.ts'

/** Compares the items of two layouts of the same shape and dtype; NaN equals NaN, -0 equals 0, any true equals true. */
export function equalLayouts(a: Layout, b: Layout): boolean {
  const { kind, fields } = a.dtype
  if (sizeOf(a.shape) === 0) return true
  if (fields) return fields.every(({ name }) => equalLayouts(fieldLayout(a, name), fieldLayout(b, name)))
  if (kind === 'S' || kind === 'U' || kind === 'V') return equalBytes(a, b)
  const left = nativeValues(a)
  const right = nativeValues(b)
  if (kind === 'b') return left.every((value: number | bigint, i: number) => !value === !right[i])
  for (let i = 0; i < left.length; i++) {
    const value = left[i]!
    const other = right[i]!
    if (value !== other && !(Number.isNaN(value) && Number.isNaN(other))) return false
  }
  return true
}

function equalBytes(a: Layout, b: Layout): boolean {
  const left = new Uint8Array(denseCopy(a).buffer)
  const right = new Uint8Array(denseCopy(b).buffer)
  return left.every((byte, i) => byte === right[i])
}

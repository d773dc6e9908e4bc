import { readFileSync } from 'node:fs'
import { NdArray, parseDType, type DType, type DTypeLike } from '@nodeacq/ndarray'

/** A chunk as a real pyacq sent it. */
export interface ChunkVector {
  frames_hex: string[]
  header: { ndim: number; index: number | string; offset: number; shape: number[]; strides: number[] }
  sent_strides: number[]
  real_receiver: { index: number | string; strides: number[] } | { error: string }
  values?: unknown
}

export interface PlainDataCase {
  name: string
  params: Record<string, unknown>
  chunks: ChunkVector[]
}

/** Reads a file of vectors that pyacq made. */
export function readVectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')) as T
}

export function fromHex(hex: string): Buffer {
  return Buffer.from(hex, 'hex')
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** What a call gives, or the class of what it throws. */
export function attempt<T>(call: () => T): unknown {
  try {
    return call()
  } catch (error) {
    return (error as Error).constructor
  }
}

/**
 * An array with the values of a vector and exactly these strides: nested lists, items of structures as lists, `S` as
 * hex, complex as `[re, im]`, what is not finite as text.
 */
export function arrayOf(values: unknown, dtype: DTypeLike, layout: { shape: number[]; strides: number[] }): NdArray {
  const type = parseDType(dtype)
  const { shape, strides } = layout
  const isEmpty = shape.includes(0)
  const reach = (axis: number): number => strides[axis]! * (shape[axis]! - 1)
  const axes = shape.map((_, axis) => axis)
  const low = isEmpty ? 0 : axes.reduce((total, axis) => total + Math.min(0, reach(axis)), 0)
  const high = isEmpty ? 0 : axes.reduce((total, axis) => total + Math.max(0, reach(axis)), 0)
  const bytes = new Uint8Array(high - low + type.itemSize)
  const array = NdArray.fromBuffer(bytes, { dtype: type, shape, strides, offset: -low })
  const visit = (value: unknown, index: number[]): void => {
    if (index.length === shape.length) array.set(readValue(value, type), ...index)
    else for (const [at, item] of (value as unknown[]).entries()) visit(item, [...index, at])
  }
  visit(values, [])
  return array
}

function readValue(value: unknown, type: DType): unknown {
  if (type.fields) {
    const items = value as unknown[]
    return Object.fromEntries(type.fields.map((field, at) => [field.name, readValue(items[at], field.dtype)]))
  }
  if (type.kind === 'c') {
    const [re, im] = value as [number, number]
    return { re, im }
  }
  if (type.kind === 'S') return fromHex(value as string)
  return typeof value === 'string' ? Number(value === 'nan' ? Number.NaN : value.replace('inf', 'Infinity')) : value
}

import type { DType } from '@nodeacq/ndarray'
import type { Dtype } from 'h5wasm/node'

/** How samples of a dtype lie in an HDF5 file. */
export interface HdfType {
  /** As h5wasm names it. */
  readonly type: Dtype
  /** The dtype that samples are converted to; it has the bytes of `type`. */
  readonly stored: string | DType
}

const LETTERS: Readonly<Record<string, string>> = {
  int8: 'b',
  int16: 'h',
  int32: 'i',
  int64: 'q',
  uint8: 'B',
  uint16: 'H',
  uint32: 'I',
  uint64: 'Q',
  float32: 'f',
  float64: 'd'
}

/**
 * The HDF5 type for a dtype; undefined where there is none. Truth values become bytes, float16 becomes float32 (both exact),
 * times become their ticks, complex numbers the pair `(r, i)` that h5py uses, structures of plain fields compounds.
 */
export function hdfTypeOf(dtype: DType): HdfType | undefined {
  if (dtype.fields !== undefined) return compoundOf(dtype)
  if (dtype.kind === 'b') return { type: '<B', stored: 'uint8' }
  if (dtype.kind === 'f' && dtype.itemSize === 2) return { type: '<f', stored: 'float32' }
  if (dtype.kind === 'M' || dtype.kind === 'm') return { type: '<q', stored: 'int64' }
  if (dtype.kind === 'S' && dtype.itemSize > 0) return { type: `A${dtype.itemSize}`, stored: dtype }
  const native = dtype.toNative()
  if (dtype.kind === 'c') {
    const part = dtype.itemSize === 8 ? '<f' : '<d'
    const pair: Dtype = [
      ['r', part],
      ['i', part]
    ]
    return { type: pair, stored: native }
  }
  const letter = LETTERS[native.name]
  return letter === undefined ? undefined : { type: `<${letter}`, stored: native }
}

/** Fields of texts and numbers; a field with a shape, a structure within one, or a type that needs another size is not held. */
function compoundOf(dtype: DType): HdfType | undefined {
  const native = dtype.toNative()
  const members: [string, string][] = []
  for (const { name, dtype: type, shape } of native.fields!) {
    const member = type.fields === undefined && shape.length === 0 ? hdfTypeOf(type) : undefined
    if (typeof member?.type !== 'string' || type.itemSize !== sizeOf(member.stored, type)) return undefined
    members.push([name, member.type])
  }
  return members.length === 0 ? undefined : { type: members, stored: native }
}

function sizeOf(stored: string | DType, field: DType): number {
  if (typeof stored !== 'string') return stored.itemSize
  return stored === 'float32' ? 4 : field.itemSize
}

import type { Dtype } from 'h5wasm/node'

/** Fields of a table; each row holds them one behind the other. */
export type TableFields = readonly (readonly [name: string, type: '<q' | `S${number}`])[]

/** Bytes of a field. */
function widthOf(type: string): number {
  return type.startsWith('S') ? Number(type.slice(1)) : 8
}

export function rowBytesOf(fields: TableFields): number {
  return fields.reduce((sum, [, type]) => sum + widthOf(type), 0)
}

export function compoundOf(fields: TableFields): Dtype {
  return fields.map(([name, type]) => [name, type])
}

/** One row of a table. @returns whether a text was cut, at a whole character */
export function encodeRow(
  fields: TableFields,
  values: readonly (number | bigint | string)[]
): { row: Uint8Array; isCut: boolean } {
  const row = new Uint8Array(rowBytesOf(fields))
  const view = new DataView(row.buffer)
  let at = 0
  let isCut = false
  for (const [k, [, type]] of fields.entries()) {
    const value = values[k]!
    const width = widthOf(type)
    if (typeof value === 'bigint') view.setBigInt64(at, value, true)
    else if (typeof value === 'number') view.setBigInt64(at, BigInt(Math.round(value)), true)
    else isCut ||= new TextEncoder().encodeInto(value, row.subarray(at, at + width)).read < value.length
    at += width
  }
  return { row, isCut }
}

import { isNdArray } from '@nodeacq/ndarray'
import { FilterError } from '../errors.ts'

/** Second-order sections, one row `b0 b1 b2 a1 a2` each (a0 is 1 and left out), row after row. */
export interface SosTable {
  readonly sectionCount: number
  /** One table for all channels, or one per channel. */
  readonly tables: readonly Float64Array[]
}

/** Numbers of one row in a table. */
export const ROW = 5

/**
 * Checks coefficients and brings them into the form the kernel works with.
 * @param value `(sections, 6)` for all channels or `(channels, sections, 6)`, nested lists or NdArray; rows are
 *   b0 b1 b2 a0 a1 a2 as scipy's `output='sos'`, divided by a0 where that is not 1
 * @throws FilterError when the shape is another, a number is not finite or an a0 is 0
 */
export function parseSosCoefficients(value: unknown): SosTable {
  const nested: unknown = isNdArray(value) ? value.toNested() : value
  const isPerChannel = Array.isArray(nested) && Array.isArray(nested[0]) && Array.isArray(nested[0][0])
  const lists = isPerChannel ? (nested as unknown[]) : [nested]
  const tables = lists.map((rows, channel) =>
    parseTable(rows, isPerChannel ? `coefficients[${channel}]` : 'coefficients')
  )
  const sectionCount = tables[0]!.length / ROW
  for (const [channel, table] of tables.entries()) {
    if (table.length / ROW !== sectionCount) {
      throw new FilterError(
        `coefficients[${channel}]`,
        `${sectionCount} sections like channel 0`,
        `${table.length / ROW}`
      )
    }
  }
  return { sectionCount, tables }
}

function parseTable(rows: unknown, subject: string): Float64Array {
  const expected = 'shape (sections, 6) or (channels, sections, 6) with at least one section'
  if (!Array.isArray(rows) || rows.length === 0) throw new FilterError(subject, expected, describe(rows))
  const table = new Float64Array(rows.length * ROW)
  for (const [k, row] of (rows as unknown[]).entries()) {
    const at = `${subject}[${k}]`
    if (!Array.isArray(row) || row.length !== 6)
      throw new FilterError(at, 'six numbers b0 b1 b2 a0 a1 a2', describe(row))
    if (!row.every((number) => typeof number === 'number' && Number.isFinite(number))) {
      throw new FilterError(at, 'finite numbers', describe(row))
    }
    const [b0, b1, b2, a0, a1, a2] = row as [number, number, number, number, number, number]
    if (a0 === 0) throw new FilterError(at, 'a0 other than 0', '0')
    table.set(a0 === 1 ? [b0, b1, b2, a1, a2] : [b0 / a0, b1 / a0, b2 / a0, a1 / a0, a2 / a0], k * ROW)
  }
  return table
}

function describe(value: unknown): string {
  if (Array.isArray(value))
    return value.length === 0 ? 'an empty list' : `a list of ${value.length}: ${JSON.stringify(value).slice(0, 60)}`
  return JSON.stringify(value)?.slice(0, 60) ?? String(value)
}

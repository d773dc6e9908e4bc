import { randomUUID } from 'node:crypto'
import type { HdfWriter } from '../hdf5/HdfWriter.ts'
import { type HdfValue } from '../hdf5/HdfWriter.ts'

type Attributes = Readonly<Record<string, HdfValue>>

/** Columns of a table, in their order. */
export type NwbColumns = Readonly<Record<string, { readonly values: HdfValue; readonly description: string }>>

/**
 * Makes typed objects of the NWB schema in an HDF5 file: each has its type, the namespace that defines the type, and an id.
 * Types and names are those of https://nwb-schema.readthedocs.io, version 2.7.
 */
export class NwbWriter {
  readonly file: HdfWriter

  constructor(file: HdfWriter) {
    this.file = file
  }

  group(path: string, type: string, attributes: Attributes = {}): string {
    return this.file.group(path, { ...typed(type), ...attributes })
  }

  /** A table of one row per value of its columns. */
  table(path: string, type: string, { description, columns }: { description: string; columns: NwbColumns }): string {
    this.group(path, type, { description, colnames: Object.keys(columns) })
    const rows = Math.max(0, ...Object.values(columns).map(({ values }) => (values as ArrayLike<unknown>).length))
    const ids = Int32Array.from({ length: rows }, (_, k) => k)
    this.file.value(`${path}/id`, ids, typed('ElementIdentifiers'))
    for (const [name, { values, description: text }] of Object.entries(columns)) {
      this.file.value(`${path}/${name}`, values, { ...typed('VectorData'), description: text })
    }
    return path
  }

  /** Rows of a table, as a dataset that refers to them. */
  region(path: string, rows: readonly number[], { table, description }: { table: string; description: string }): void {
    const attributes = { ...typed('DynamicTableRegion'), description, table: this.file.reference(table) }
    this.file.value(path, Int32Array.from(rows), attributes)
  }
}

function typed(type: string): Attributes {
  return { namespace: COMMON.has(type) ? 'hdmf-common' : 'core', neurodata_type: type, object_id: randomUUID() }
}

/** Types that the schema takes from hdmf-common. */
const COMMON = new Set(['DynamicTable', 'DynamicTableRegion', 'ElementIdentifiers', 'VectorData'])

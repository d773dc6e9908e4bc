/** Tables of BIDS: UTF-8, a tab between cells, one line of names first, `n/a` where nothing is known. */

export interface Table {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** A text without what would divide cells; `n/a` for an empty one. */
export function cell(value: string | number | undefined): string {
  const plain = String(value ?? '').replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')
  return plain.trim() || 'n/a'
}

export function tsvText({ columns, rows }: Table): string {
  return [columns, ...rows].map((row) => `${row.join('\t')}\n`).join('')
}

export function parseTsv(text: string): Table {
  const [columns = [], ...rows] = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => line.split('\t'))
  return { columns, rows }
}

/** Puts a row of named cells into a table: in place of the one that has the same first cell, or at the end. Other columns stay. */
export function mergeRow(table: Table, row: Readonly<Record<string, string>>): Table {
  const columns = [...table.columns, ...Object.keys(row).filter((name) => !table.columns.includes(name))]
  const [key = ''] = columns
  const old = table.rows.find(([first]) => first === row[key])
  const merged = columns.map((name, k) => row[name] ?? old?.[k] ?? 'n/a')
  const widen = (each: readonly string[]): string[] => columns.map((_, k) => each[k] ?? 'n/a')
  const rows = table.rows.map((each) => (each === old ? merged : widen(each)))
  return { columns, rows: old === undefined ? [...rows, merged] : rows }
}

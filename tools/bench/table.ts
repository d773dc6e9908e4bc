import type { Row } from './rows.ts'

/** Rows as people read them: one line for each case, one column for each figure. */
export interface Table {
  readonly header: readonly string[]
  readonly lines: readonly (readonly string[])[]
}

/**
 * Lays rows out: a column for each metric and, behind it, for each peer the peer's figure and the ratio. Cases that
 * have other figures than the ones before begin another table.
 */
export function layOut(rows: readonly Row[]): Table[] {
  const cases = new Map<string, Row[]>()
  for (const row of rows) cases.set(row.case, [...(cases.get(row.case) ?? []), row])
  const groups = new Map<string, Row[][]>()
  for (const ofCase of cases.values()) {
    const key = columnsOf(ofCase).map(titleOf).join('|')
    groups.set(key, [...(groups.get(key) ?? []), ofCase])
  }
  return [...groups.values()].map(tableOf)
}

interface Column {
  readonly metric: string
  readonly unit: string
  readonly peer: string | undefined
  readonly what: 'value' | 'peerValue' | 'ratio'
}

function tableOf(cases: readonly (readonly Row[])[]): Table {
  const columns = columnsOf(cases[0]!)
  const metrics = new Set(columns.filter(({ what }) => what === 'ratio').map(({ metric }) => metric))
  // With one metric that has peers it is clear what the peer's figure is.
  const header = columns.map((column) => (metrics.size > 1 ? titleOf(column) : shortTitleOf(column)))
  const lines = cases.map((rows) => [rows[0]!.case, ...columns.map((column) => cellOf(column, rows))])
  return { header: ['', ...header], lines }
}

function columnsOf(rows: readonly Row[]): Column[] {
  const columns: Column[] = []
  for (const metric of new Set(rows.map((row) => row.metric))) {
    const same = rows.filter((row) => row.metric === metric)
    const { unit } = same[0]!
    columns.push({ metric, unit, peer: undefined, what: 'value' })
    for (const { peer } of same) {
      if (peer === undefined) continue
      columns.push({ metric, unit, peer, what: 'peerValue' }, { metric, unit, peer, what: 'ratio' })
    }
  }
  return columns
}

function titleOf({ metric, unit, peer, what }: Column): string {
  const measured = unit === '' ? metric : `${metric}, ${unit}`
  if (what === 'value') return measured
  return what === 'ratio' ? `ratio to ${peer}, ${metric}` : `${peer}: ${measured}`
}

function shortTitleOf(column: Column): string {
  const { peer, what } = column
  if (what === 'value') return titleOf(column)
  return what === 'ratio' ? `ratio to ${peer}` : peer!
}

function cellOf({ metric, peer, what }: Column, rows: readonly Row[]): string {
  const row = rows.find((r) => r.metric === metric && (peer === undefined || r.peer === peer))
  const value = row?.[what]
  if (value === undefined) return ''
  return what === 'ratio' ? `${value.toFixed(2)} ×` : figure(value)
}

/** Three digits that count, thousands apart; what is no number is a dash. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–'
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)))
}

/** Aligned with blanks, for a terminal. */
export function toText({ header, lines }: Table): string {
  const cells = [header, ...lines]
  const widths = header.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)))
  return cells
    .map((line) => line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '))
    .join('\n')
}

/** Columns of figures are aligned to the right. */
export function toMarkdown({ header, lines }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const isFigures = (column: number) =>
    lines.every((cells) => /^([-–≥≤]|[\d,.]+( [^ ]+)?$|$)/.test(cells[column] ?? ''))
  const rule = header.map((_, column) => (column > 0 && isFigures(column) ? '---:' : '---'))
  return [line(header), line(rule), ...lines.map(line)].join('\n')
}

export interface Column {
  readonly title: string
  /** Numbers stand on the right. Default left. */
  readonly align?: 'left' | 'right'
  /** Left out first (lowest number first) when the table is too wide. Default: never. */
  readonly priority?: number
  /** So that a table that is drawn again and again stands still. */
  readonly minWidth?: number
}

/** A cell, with the paint it gets after it was measured. */
export interface Cell {
  readonly text: string
  readonly paint?: (text: string) => string
}

export type Row = readonly (string | Cell)[]

const GAP = '  '

/**
 * Lines of a table, the titles first, none wider than `width`: columns with a priority are left out until it fits, then
 * the lines are cut.
 */
export function layoutTable(
  columns: readonly Column[],
  rows: readonly Row[],
  { width = Infinity, paintTitle = plain } = {}
): string[] {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'string' ? { text: cell } : cell)))
  let shown = columns.map((column, index) => {
    const widths = cells.map((row) => lengthOf(row[index]?.text ?? ''))
    return { ...column, index, width: Math.max(column.minWidth ?? 0, lengthOf(column.title), ...widths) }
  })
  const total = () => shown.reduce((sum, column) => sum + column.width + GAP.length, -GAP.length)
  while (total() > width) {
    const droppable = shown.filter((column) => column.priority !== undefined)
    if (droppable.length === 0) break
    const first = droppable.reduce((a, b) => (b.priority! < a.priority! ? b : a))
    shown = shown.filter((column) => column !== first)
  }
  const line = (cellOf: (index: number) => Cell): string => {
    let room = width
    const parts: string[] = []
    for (const [place, column] of shown.entries()) {
      const { text, paint = plain } = cellOf(column.index)
      const padding = ' '.repeat(Math.max(0, column.width - lengthOf(text)))
      const isLast = place === shown.length - 1
      const padded = column.align === 'right' ? padding + text : isLast ? text : text + padding
      const cut = truncate(padded, Math.max(0, room))
      // Paint has no width, so it comes after measuring; it never spans padding.
      parts.push(cut === padded ? padded.replace(text, () => paint(text)) : cut)
      room -= lengthOf(cut) + GAP.length
      if (room <= 0) break
    }
    return parts.join(GAP).trimEnd()
  }
  const titles = line((index) => ({ text: columns[index]!.title }))
  return [paintTitle(titles), ...cells.map((row) => line((index) => row[index] ?? { text: '' }))]
}

const segmenter = new Intl.Segmenter()

/** What a reader takes for one character each. */
function charactersOf(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment)
}

/** Columns that a text without paint takes on a terminal. */
export function lengthOf(text: string): number {
  return charactersOf(text).length
}

/** Cuts a text without paint to `width` columns, with an ellipsis where something is missing. */
export function truncate(text: string, width: number): string {
  if (lengthOf(text) <= width) return text
  return width <= 0
    ? ''
    : `${charactersOf(text)
        .slice(0, width - 1)
        .join('')}…`
}

/** Breaks a text between words into lines of at most `width` columns; one empty line when there is no text. */
export function wrap(text: string, width: number): string[] {
  const lines = ['']
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const last = lines.at(-1)!
    if (last === '') lines[lines.length - 1] = word
    else if (lengthOf(last) + 1 + lengthOf(word) <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

function plain(text: string): string {
  return text
}

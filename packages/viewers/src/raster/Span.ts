/** Columns or samples `[from, to)`. */
export interface Span {
  readonly from: number
  readonly to: number
}

export const NO_SPAN: Span = { from: Infinity, to: -Infinity }

/** The smallest span that holds both. */
export function join(a: Span, b: Span): Span {
  return { from: Math.min(a.from, b.from), to: Math.max(a.to, b.to) }
}

/** What two spans have in common; `from` is not below `to` when that is nothing. */
export function overlap(a: Span, b: Span): Span {
  return { from: Math.max(a.from, b.from), to: Math.min(a.to, b.to) }
}

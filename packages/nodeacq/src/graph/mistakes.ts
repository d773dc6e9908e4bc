import type { Place } from './SourceText.ts'

/** One thing that is wrong in a graph file, with the place to look at. */
export interface Mistake {
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
  /** What is wrong, e.g. `node 'filter': unknown type 'SosFiltr'`. */
  readonly message: string
  /** What would be right, e.g. `a registered node type`. */
  readonly expected: string
  /** The valid name closest to what stands there. */
  readonly nearest?: string
  /** The line of the file, and how many of its characters are meant. */
  readonly sourceLine: string
  readonly length: number
}

/** Collects mistakes while a graph is read; nothing throws at the first one. */
export class MistakeList {
  readonly #mistakes: Mistake[] = []

  add(place: Place, message: string, { expected, nearest }: { expected: string; nearest?: string | undefined }): void {
    const { line, column } = place.source.position(place.start)
    const sourceLine = place.source.line(line)
    const length = Math.max(1, Math.min(place.end - place.start, sourceLine.length - column + 1))
    const mistake = { file: place.source.name, line, column, message, expected, sourceLine, length }
    this.#mistakes.push(nearest === undefined ? mistake : { ...mistake, nearest })
  }

  get isEmpty(): boolean {
    return this.#mistakes.length === 0
  }

  /** In the order of the file; what came first stays first within a line. */
  sorted(): Mistake[] {
    return this.#mistakes.toSorted((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column)
  }
}

/**
 * One mistake as text:
 * ```text
 * graph.yaml:12:19: node 'filter': unknown type 'SosFiltr'; did you mean 'SosFilter'?
 *   12 |   filter: { type: SosFiltr }
 *      |                   ^^^^^^^^
 * ```
 */
export function formatMistake(mistake: Mistake): string {
  const { file, line, column, message, expected, nearest, sourceLine, length } = mistake
  const advice = nearest === undefined ? `expected ${expected}` : `did you mean '${nearest}'?`
  const head = `${file}:${line}:${column}: ${message}; ${advice}`
  if (sourceLine.trim() === '') return head
  const number = String(line)
  // A tab in the margin keeps the caret below its character in every terminal.
  const margin = sourceLine.slice(0, column - 1).replaceAll(/[^\t]/g, ' ')
  return [head, `  ${number} | ${sourceLine}`, `  ${' '.repeat(number.length)} | ${margin}${'^'.repeat(length)}`].join(
    '\n'
  )
}

/** All mistakes, and how many there are. */
export function formatMistakes(mistakes: readonly Mistake[]): string {
  const count = mistakes.length === 1 ? '1 mistake' : `${mistakes.length} mistakes`
  return [...mistakes.map(formatMistake), count].join('\n')
}

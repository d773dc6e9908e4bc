/** A text that mistakes point into: the graph file, or the argument of `--set`. */
export class SourceText {
  /** What messages call it, e.g. `graph.yaml`. */
  readonly name: string
  readonly text: string
  readonly #lineStarts: number[] = [0]

  constructor(name: string, text: string) {
    this.name = name
    this.text = text
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#lineStarts.push(at + 1)
  }

  /** Line and column, both from 1, of a character. */
  position(offset: number): { line: number; column: number } {
    let low = 0
    let high = this.#lineStarts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#lineStarts[middle]! <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - this.#lineStarts[low]! + 1 }
  }

  /** The text of a line (from 1), without its end. */
  line(number: number): string {
    const start = this.#lineStarts[number - 1] ?? this.text.length
    const end = this.#lineStarts[number] ?? this.text.length + 1
    return this.text.slice(start, end - 1).replace(/\r$/, '')
  }
}

/** A range of characters, `[start, end)`. */
export interface Place {
  readonly source: SourceText
  readonly start: number
  readonly end: number
}

/** `graph.yaml:12:5`, the way editors and terminals make clickable. */
export function placeText(place: Place): string {
  const { line, column } = place.source.position(place.start)
  return `${place.source.name}:${line}:${column}`
}

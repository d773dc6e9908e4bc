import { lengthOf } from './layoutTable.ts'

/** What a live region needs of a terminal; `process.stdout` is one. */
export interface Terminal {
  write(text: string): unknown
  readonly columns?: number
  readonly rows?: number
}

const HIDE_CURSOR = '\u001B[?25l'
const SHOW_CURSOR = '\u001B[?25h'
const CLEAR_BELOW = '\u001B[0J'
const ESCAPES = /\u001B\[[0-9;]*m/g // oxlint-disable-line no-control-regex -- paint

/**
 * The last lines of a terminal, redrawn in place:
 * ```
 *   $ nodeacq run graph.yaml
 *   warning …                 printAbove: scrolls up and stays
 *   demo  0:12 / 1:00  ███    draw: replaced by the next draw
 *   NODE    STATE …
 * ```
 * Every frame goes out in one write, so that nothing flickers. `close` leaves the last frame and gives the cursor back.
 */
export class LiveRegion {
  readonly #terminal: Terminal
  #lines: readonly string[] = []
  #isOpen = false

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  get width(): number {
    return this.#terminal.columns ?? 80
  }

  /** Shows lines in place of the ones before. Lines beyond the height of the terminal are left out. */
  draw(lines: readonly string[]): void {
    const room = Math.max(1, (this.#terminal.rows ?? 24) - 1)
    const shown = lines.length > room ? [...lines.slice(0, room - 1), `… ${lines.length - room + 1} more lines`] : lines
    this.#replace('', shown)
  }

  /** Writes a text that stays, above the region. */
  printAbove(text: string): void {
    this.#replace(text.endsWith('\n') ? text : `${text}\n`, this.#lines)
  }

  /** Leaves what was drawn last (or nothing) and gives the cursor back. Safe to call twice. */
  close({ erase = false }: { erase?: boolean } = {}): void {
    if (!this.#isOpen) return
    this.#terminal.write(`${erase ? this.#backToTop() : ''}${SHOW_CURSOR}`)
    this.#lines = []
    this.#isOpen = false
  }

  #replace(above: string, lines: readonly string[]): void {
    const start = this.#isOpen ? this.#backToTop() : HIDE_CURSOR
    this.#isOpen = true
    this.#lines = lines
    this.#terminal.write(`${start}${above}${lines.map((line) => `${line}\n`).join('')}`)
  }

  /** To the first line of the region, and everything from there erased. Lines may have wrapped in a narrower window. */
  #backToTop(): string {
    const width = Math.max(1, this.width)
    const height = this.#lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(visibleLength(line) / width)), 0)
    return `${height > 0 ? `\u001B[${height}A` : ''}\r${CLEAR_BELOW}`
  }
}

function visibleLength(line: string): number {
  return lengthOf(line.replaceAll(ESCAPES, ''))
}

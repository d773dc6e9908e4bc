import { formatBar, formatBytes } from './format.ts'

/** One line on a terminal that says how far a long work is; nothing where nobody looks. */
export class ProgressLine implements Disposable {
  readonly #terminal: NodeJS.WriteStream
  readonly #what: string
  readonly #total: number
  readonly #start = performance.now()
  #drawn = 0
  #isOpen = false

  /** @param total bytes */
  constructor(terminal: NodeJS.WriteStream, what: string, total: number) {
    this.#terminal = terminal
    this.#what = what
    this.#total = total
  }

  /** @param bytes done up to now */
  show(bytes: number): void {
    const now = performance.now()
    if (!this.#terminal.isTTY || now - this.#drawn < 100) return
    this.#drawn = now
    this.#isOpen = true
    const rate = (bytes / (now - this.#start)) * 1000
    const bar = formatBar(this.#total === 0 ? 1 : bytes / this.#total, 24)
    this.#terminal.write(`\r${this.#what}  ${bar}  ${formatBytes(rate)}/s  `)
  }

  [Symbol.dispose](): void {
    if (this.#isOpen) this.#terminal.write('\r\u001B[K')
  }
}

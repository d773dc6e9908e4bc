import { formatBar, formatBytes } from './format.ts'

/** One line on a terminal that says how far a long work is; nothing where nobody looks. */
export class ProgressLine implements Disposable {
  readonly #terminal: NodeJS.WriteStream
  readonly #what: string
  readonly #total: number | undefined
  readonly #start = performance.now()
  #drawn = 0
  #isOpen = false

  /** @param total bytes; without it `show` takes the part that is done, 0–1 */
  constructor(terminal: NodeJS.WriteStream, what: string, total?: number) {
    this.#terminal = terminal
    this.#what = what
    this.#total = total
  }

  /** @param done bytes, or part of the work, up to now */
  show(done: number): void {
    const now = performance.now()
    if (!this.#terminal.isTTY || now - this.#drawn < 100) return
    this.#drawn = now
    this.#isOpen = true
    const part = this.#total === undefined ? done : this.#total === 0 ? 1 : done / this.#total
    const rate = this.#total === undefined ? '' : `${formatBytes((done / (now - this.#start)) * 1000)}/s`
    this.#terminal.write(`\r${this.#what}  ${formatBar(part, 24)}  ${rate}  `)
  }

  /** Takes the line away, so that something else can be written. */
  close(): void {
    if (this.#isOpen) this.#terminal.write('\r\u001B[K')
    this.#isOpen = false
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

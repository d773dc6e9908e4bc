import { subscribe, unsubscribe } from 'node:diagnostics_channel'

/** What this process says in its log while in use. */
export class LogLines implements Disposable {
  readonly lines: string[] = []
  readonly #listener = (record: unknown) => {
    const { level, message } = record as { level: string; message: string }
    this.lines.push(`${level} ${message}`)
  }

  constructor() {
    subscribe('nodeacq:log', this.#listener)
  }

  [Symbol.dispose](): void {
    unsubscribe('nodeacq:log', this.#listener)
  }
}

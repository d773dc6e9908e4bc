import type { ExportEvent } from '../Exporter.ts'

/** What a line of one stream stands for. */
export interface TtlLine {
  /** From 1. */
  readonly line: number
  readonly label: string
  readonly value: number
  /** Its events have no length: they are pulses of one sample. */
  readonly moment: boolean
}

/** A word of lines has 64 bits. */
const MOST_LINES = 64

/** Gives each kind of event of a stream a line of its own, in the order in which they come. */
export class TtlLines {
  readonly lines: TtlLine[] = []
  /** Sample at which the line goes down. */
  readonly #ends: number[] = []
  readonly #known = new Map<string, TtlLine>()

  /** The line that an event is a pulse on; undefined where all lines are taken, or its own is still up. */
  take({ label, value, duration, index }: ExportEvent): { line: number; from: number; to: number } | undefined {
    const moment = duration <= 0
    const key = JSON.stringify([label, value, moment])
    let known = this.#known.get(key)
    if (known === undefined) {
      if (this.lines.length === MOST_LINES) return undefined
      known = { line: this.lines.length + 1, label, value, moment }
      this.lines.push(known)
      this.#known.set(key, known)
    }
    const { line } = known
    if (index < (this.#ends[line] ?? -Infinity)) return undefined
    const to = index + (moment ? 1 : Math.max(1, Math.round(duration)))
    this.#ends[line] = to
    return { line, from: index, to }
  }
}

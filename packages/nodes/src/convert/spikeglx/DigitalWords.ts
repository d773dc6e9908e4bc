import type { ExportEvent } from '../Exporter.ts'
import { TtlLines } from '../openephys/TtlLines.ts'

/** Pulses on the bits of digital words, laid over samples as these are written. */
export class DigitalWords {
  readonly count: number
  readonly lines = new TtlLines()
  /** Events whose samples were written before they came, or for which there is no line. */
  missed = 0
  #pulses: { line: number; from: number; to: number }[] = []
  /** All samples before it are written. */
  #next = -Infinity

  /** @param events where all are known before: they say how many words are wanted */
  constructor(events: readonly ExportEvent[] | undefined) {
    this.count = events === undefined ? 1 : Math.min(MOST_WORDS, Math.ceil(kindsOf(events) / 16))
  }

  add(event: ExportEvent): void {
    const pulse = event.index < this.#next ? undefined : this.lines.take(event)
    if (pulse === undefined || pulse.line > this.count * 16) this.missed += 1
    else this.#pulses.push(pulse)
  }

  /** Writes the words of rows of samples `index` and on behind the channels. @param rows int16, `width` for each sample */
  layOver(rows: Int16Array, width: number, index: number): void {
    const count = rows.length / width
    const first = width - this.count
    for (let at = first; at < rows.length; at += width) rows.fill(0, at, at + this.count)
    for (const { line, from, to } of this.#pulses) {
      const column = first + ((line - 1) >> 4)
      const bit = 1 << ((line - 1) & 15)
      const end = Math.min(count, to - index)
      for (let row = Math.max(0, from - index); row < end; row++) rows[row * width + column]! |= bit
    }
    this.#next = index + count
    this.#pulses = this.#pulses.filter(({ to }) => to > this.#next)
  }
}

const MOST_WORDS = 4

function kindsOf(events: readonly ExportEvent[]): number {
  return new Set(events.map(({ label, value, duration }) => JSON.stringify([label, value, duration <= 0]))).size
}

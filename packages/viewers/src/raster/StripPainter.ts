import type { ColumnRing } from './ColumnRing.ts'
import { rasterize, type Scene } from './rasterize.ts'
import type { Span } from './Span.ts'
import type { Surface } from './Surface.ts'

/** Widths of the pieces that are drawn; each has one buffer that is kept. */
const WIDTHS = [64, 32, 16, 8, 4, 2, 1]

/** Draws columns where they lie in the ring: column c at `c mod width`. */
export class StripPainter {
  readonly #surface: Surface
  readonly #buffers = new Map<number, Uint32Array<ArrayBuffer>>()

  constructor(surface: Surface) {
    this.#surface = surface
  }

  /** Draws the columns of a span, each at its slot. */
  draw(ring: ColumnRing, scene: Scene, { from, to }: Span): void {
    this.#pieces({ from, to }, ring, (column, width, buffer) => {
      rasterize(ring, scene, buffer, { from: column, count: width })
    })
  }

  /** Fills the slots of a span with one colour. */
  fill(ring: ColumnRing, span: Span, colour: number): void {
    this.#pieces(span, ring, (_, width, buffer) => buffer.fill(colour, 0, width * this.#surface.height))
  }

  #pieces(
    { from, to }: Span,
    ring: ColumnRing,
    paint: (column: number, width: number, buffer: Uint32Array) => void
  ): void {
    let column = from
    while (column < to) {
      const x = ring.slotOf(column)
      const room = Math.min(to - column, ring.columns - x)
      const width = WIDTHS.find((one) => one <= room)!
      const buffer = this.#buffer(width)
      paint(column, width, buffer)
      this.#surface.put(buffer, x, width)
      column += width
    }
  }

  #buffer(width: number): Uint32Array<ArrayBuffer> {
    let buffer = this.#buffers.get(width)
    if (buffer === undefined) {
      buffer = new Uint32Array(width * this.#surface.height)
      this.#buffers.set(width, buffer)
    }
    return buffer
  }
}

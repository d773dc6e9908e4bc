import type { ColumnRing } from './ColumnRing.ts'
import type { Scene } from './rasterize.ts'
import { join, overlap, type Span } from './Span.ts'
import { StripPainter } from './StripPainter.ts'
import type { Surface } from './Surface.ts'

/** Share of the width that is blank ahead of the newest column. */
const BLANK = 0.02

/**
 * Draws as a cardiograph does: each column stays where it is until the head comes round again.
 *
 * ```
 *   ~~~~~~~~~~~~~~~~~│      ~~~~~~~~~~~
 *   newest columns   head   oldest columns
 * ```
 */
export class SweepPainter {
  readonly #strips: StripPainter
  /** Where the head was drawn last. */
  #head: number | undefined

  constructor(surface: Surface) {
    this.#strips = new StripPainter(surface)
  }

  /** Draws what has changed. `head` is the column after the newest. */
  update(ring: ColumnRing, scene: Scene, { head, changed }: { head: number; changed: Span }): void {
    const blank = Math.max(2, Math.round(ring.columns * BLANK))
    const shown = { from: head - ring.columns + blank, to: head }
    const uncovered = join(changed, { from: this.#head ?? head, to: head })
    // A column is joined to the one before.
    this.#strips.draw(ring, scene, overlap(shown, { from: uncovered.from, to: uncovered.to + 1 }))
    this.#strips.fill(ring, { from: head, to: head + 1 }, scene.palette.head)
    this.#strips.fill(ring, { from: head + 1, to: head + blank }, scene.palette.background)
    this.#head = head
  }

  /** Draws everything. */
  redraw(ring: ColumnRing, scene: Scene, head: number): void {
    this.update(ring, scene, { head, changed: { from: head - ring.columns, to: head } })
  }
}

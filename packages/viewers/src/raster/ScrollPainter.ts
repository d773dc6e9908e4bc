import type { ColumnRing } from './ColumnRing.ts'
import type { Scene } from './rasterize.ts'
import { join, overlap, type Span } from './Span.ts'
import { StripPainter } from './StripPainter.ts'
import type { Surface } from './Surface.ts'

/** Part of the hidden surface, and where it comes to lie. */
export interface Blit {
  readonly fromX: number
  readonly toX: number
  readonly width: number
}

/**
 * Draws with the newest column at the right edge: new columns into a ring on a hidden surface, which is then shown in
 * two pieces.
 *
 * ```
 *   hidden  │newest│oldest …      │      shown  │oldest …      │newest│
 * ```
 */
export class ScrollPainter {
  readonly #strips: StripPainter
  #head: number | undefined

  /** @param hidden as wide as the ring has columns */
  constructor(hidden: Surface) {
    this.#strips = new StripPainter(hidden)
  }

  /** Draws what has changed, and says how it is shown. `head` is the column after the newest. */
  update(ring: ColumnRing, scene: Scene, { head, changed }: { head: number; changed: Span }): readonly Blit[] {
    const shown = { from: head - ring.columns, to: head }
    const uncovered = join(changed, { from: this.#head ?? head, to: head })
    this.#strips.draw(ring, scene, overlap(shown, { from: uncovered.from, to: uncovered.to + 1 }))
    // What the oldest column was joined to has left the picture.
    this.#strips.draw(ring, scene, { from: shown.from, to: shown.from + 1 })
    this.#head = head
    return scrollBlits(head, ring.columns)
  }

  redraw(ring: ColumnRing, scene: Scene, head: number): readonly Blit[] {
    return this.update(ring, scene, { head, changed: { from: head - ring.columns, to: head } })
  }
}

/** How a ring of `width` columns is laid out from the oldest to the newest. */
function scrollBlits(head: number, width: number): readonly Blit[] {
  const x = ((head % width) + width) % width
  const right = { fromX: 0, toX: width - x, width: x }
  const left = { fromX: x, toX: 0, width: width - x }
  return x === 0 ? [left] : [left, right]
}

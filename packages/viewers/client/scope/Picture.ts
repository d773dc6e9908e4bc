import type { ColumnRing } from '../../src/raster/ColumnRing.ts'
import type { Scene } from '../../src/raster/rasterize.ts'
import { ScrollPainter, type Blit } from '../../src/raster/ScrollPainter.ts'
import { NO_SPAN, type Span } from '../../src/raster/Span.ts'
import { SweepPainter } from '../../src/raster/SweepPainter.ts'
import { CanvasSurface } from './CanvasSurface.ts'

/** The canvas, as large as the page says. */
export class Picture {
  readonly #canvas: OffscreenCanvas
  #surface: CanvasSurface
  #hidden: OffscreenCanvas
  #sweep: SweepPainter
  #scroll: ScrollPainter

  constructor(canvas: OffscreenCanvas) {
    this.#canvas = canvas
    this.#surface = new CanvasSurface(canvas)
    this.#sweep = new SweepPainter(this.#surface)
    this.#hidden = new OffscreenCanvas(canvas.width, canvas.height)
    this.#scroll = new ScrollPainter(new CanvasSurface(this.#hidden))
  }

  get width(): number {
    return this.#canvas.width
  }

  get height(): number {
    return this.#canvas.height
  }

  resize(width: number, height: number): void {
    this.#canvas.width = width
    this.#canvas.height = height
    this.#surface = new CanvasSurface(this.#canvas)
    this.#sweep = new SweepPainter(this.#surface)
    this.#hidden = new OffscreenCanvas(width, height)
    this.#scroll = new ScrollPainter(new CanvasSurface(this.#hidden))
  }

  /** Draws what has changed of a ring, or all of it when `changed` is undefined. `head` is the column after the newest. */
  draw(
    ring: ColumnRing,
    scene: Scene,
    { head, changed, isSweep }: { head: number; changed: Span | undefined; isSweep: boolean }
  ): void {
    if (isSweep && changed === undefined) this.#sweep.redraw(ring, scene, head)
    else if (isSweep) this.#sweep.update(ring, scene, { head, changed: changed ?? NO_SPAN })
    else if (changed === undefined) this.#show(this.#scroll.redraw(ring, scene, head))
    else this.#show(this.#scroll.update(ring, scene, { head, changed }))
  }

  async toPng(): Promise<Blob> {
    return await this.#canvas.convertToBlob({ type: 'image/png' })
  }

  #show(blits: readonly Blit[]): void {
    const { context, height } = this.#surface
    for (const { fromX, toX, width } of blits) {
      context.drawImage(this.#hidden, fromX, 0, width, height, toX, 0, width, height)
    }
  }
}

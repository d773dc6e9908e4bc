import type { Surface } from '../../src/raster/Surface.ts'

/** Shows strips on a canvas. */
export class CanvasSurface implements Surface {
  readonly width: number
  readonly height: number
  readonly context: OffscreenCanvasRenderingContext2D
  /** Buffers are kept by who draws, and so are their images. */
  readonly #images = new WeakMap<ArrayBuffer, ImageData>()

  constructor(canvas: OffscreenCanvas) {
    const context = canvas.getContext('2d', { alpha: false })
    if (context === null) throw new Error('this browser has no 2d canvas in workers')
    this.context = context
    this.width = canvas.width
    this.height = canvas.height
  }

  put(pixels: Uint32Array<ArrayBuffer>, x: number, width: number): void {
    let image = this.#images.get(pixels.buffer)
    if (image === undefined) {
      image = new ImageData(new Uint8ClampedArray(pixels.buffer), width, this.height)
      this.#images.set(pixels.buffer, image)
    }
    this.context.putImageData(image, x, 0)
  }
}

/** What pictures are drawn on: a canvas, or memory. */
export interface Surface {
  /** Pixels. */
  readonly width: number
  readonly height: number
  /** Shows `height` rows of `width` pixels with their left edge at `x`. The pixels are used again after the call. */
  put(pixels: Uint32Array<ArrayBuffer>, x: number, width: number): void
}

/** A surface in memory, row by row. */
export class MemorySurface implements Surface {
  readonly width: number
  readonly height: number
  readonly pixels: Uint32Array

  constructor(width: number, height: number) {
    this.width = width
    this.height = height
    this.pixels = new Uint32Array(width * height)
  }

  put(pixels: Uint32Array, x: number, width: number): void {
    for (let row = 0; row < this.height; row++) {
      this.pixels.set(pixels.subarray(row * width, (row + 1) * width), row * this.width + x)
    }
  }
}

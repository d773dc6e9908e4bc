/** The straight line that fits pairs best (least squares), kept up to date pair by pair. */
export class LineFit {
  #count = 0
  #meanX = 0
  #meanY = 0
  #xx = 0
  #xy = 0
  #yy = 0

  add(x: number, y: number): void {
    this.#count += 1
    const dx = x - this.#meanX
    const dy = y - this.#meanY
    this.#meanX += dx / this.#count
    this.#meanY += dy / this.#count
    // Welford's update: no difference of large sums.
    this.#xx += dx * (x - this.#meanX)
    this.#xy += dx * (y - this.#meanY)
    this.#yy += dy * (y - this.#meanY)
  }

  /** Slope and its standard error; null before there are three pairs. */
  get line(): { readonly slope: number; readonly slopeError: number } | null {
    if (this.#count < 3 || this.#xx === 0) return null
    const slope = this.#xy / this.#xx
    const residual = Math.max(0, this.#yy - slope * this.#xy) / (this.#count - 2)
    return { slope, slopeError: Math.sqrt(residual / this.#xx) }
  }
}

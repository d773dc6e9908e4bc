import { uniformNumbers } from '../uniformNumbers.ts'

/** Normally distributed numbers, mean 0 and deviation 1; the same seed gives the same numbers on every machine. */
export class GaussianNoise {
  readonly #uniform: () => number

  /** @param seed any 32-bit number; default another one each time */
  constructor(seed: number = Math.floor(Math.random() * 2 ** 32)) {
    this.#uniform = uniformNumbers(seed)
  }

  /** Writes numbers into every place of `target`. */
  fill(target: Float32Array | Float64Array): void {
    // Box-Muller makes two numbers at once; the second of the last pair may be left over.
    for (let i = 0; i < target.length; i += 2) {
      const radius = Math.sqrt(-2 * Math.log(1 - this.#uniform()))
      const angle = 2 * Math.PI * this.#uniform()
      target[i] = radius * Math.cos(angle)
      if (i + 1 < target.length) target[i + 1] = radius * Math.sin(angle)
    }
  }
}

import type { NdArray } from '@nodeacq/ndarray'
import { sosfiltZi } from '../design/steadyState.ts'
import type { Engine, SosKernel } from '../kernels/Engine.ts'
import { parseSosCoefficients } from '../sosCoefficients.ts'

/**
 * Zero-phase filter of one whole signal: scipy's `sosfiltfilt` with its default padding, an odd continuation at both ends
 * of three times the filter's length, and states that begin at rest with the first value.
 */
export class SosFiltFilt {
  readonly padding: number
  readonly #forward: SosKernel
  readonly #backward: SosKernel
  readonly #rest: Float64Array
  #extended = new Float64Array(0)

  /** @param sos second-order sections, `(sections, 6)` */
  constructor(sos: NdArray, engine: Engine) {
    const table = parseSosCoefficients(sos)
    this.#forward = engine.sos(table, { channelCount: 1 })
    this.#backward = engine.sos(table, { channelCount: 1, direction: 'backward' })
    this.#rest = Float64Array.from(sosfiltZi(sos).typed() as Float64Array)
    const rows = sos.toNested() as number[][]
    const zeros = (column: number) => rows.filter((row) => row[column] === 0).length
    this.padding = 3 * (2 * rows.length + 1 - Math.min(zeros(2), zeros(5)))
  }

  /**
   * Values that are valid until the next call.
   * @throws RangeError when the signal is not longer than the padding
   */
  process(signal: Float64Array | Float32Array): Float64Array {
    const { padding } = this
    const count = signal.length
    if (count <= padding) throw new RangeError(`sosFiltFilt: expected more than ${padding} samples, got ${count}`)
    const total = count + 2 * padding
    if (this.#extended.length !== total) this.#extended = new Float64Array(total)
    const extended = this.#extended
    extended.set(signal, padding)
    const [first, last] = [signal[0]!, signal[count - 1]!]
    for (let k = 1; k <= padding; k++) {
      extended[padding - k] = 2 * first - signal[k]!
      extended[padding + count - 1 + k] = 2 * last - signal[count - 1 - k]!
    }
    this.#pass(this.#forward, extended[0]!)
    this.#pass(this.#backward, extended[total - 1]!)
    return extended.subarray(padding, padding + count)
  }

  #pass(kernel: SosKernel, start: number): void {
    kernel.reset()
    kernel.setState(this.#rest.map((value) => value * start))
    kernel.process(this.#extended, this.#extended)
  }
}

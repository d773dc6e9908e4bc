import { squaredDistance } from './kMeans.ts'
import { learnTemplates, type LearnOptions } from './learnTemplates.ts'

/** Unit of a spike that is like none, or that came before the units were known. */
export const UNSORTED = 0

/** Tells the units of one channel apart by their templates: given ones, or those of the first spikes. */
export class ChannelSorter {
  /** `(samples)` each; undefined until they are known. Unit 1 is the first. */
  templates: readonly Float64Array[] | undefined
  readonly #learnFrom: number
  readonly #options: LearnOptions
  #seen: Float64Array[] = []

  /** @param learnFrom spikes that templates are learnt from */
  constructor(templates: readonly Float64Array[] | undefined, learnFrom: number, options: LearnOptions) {
    this.templates = templates
    this.#learnFrom = learnFrom
    this.#options = options
  }

  /**
   * The unit of an aligned waveform: that of the nearest template, if their difference is, in the root mean square, at most
   * `limit`; else `UNSORTED`.
   */
  sort(waveform: Float64Array, limit: number): number {
    const { templates } = this
    if (templates === undefined) {
      this.#learn(waveform)
      return UNSORTED
    }
    let unit = UNSORTED
    let least = limit * limit * waveform.length
    for (let k = 0; k < templates.length; k++) {
      const distance = squaredDistance(waveform, templates[k]!)
      if (distance <= least) {
        least = distance
        unit = k + 1
      }
    }
    return unit
  }

  #learn(waveform: Float64Array): void {
    if (!waveform.every(Number.isFinite)) return
    this.#seen.push(waveform)
    if (this.#seen.length < this.#learnFrom) return
    this.templates = learnTemplates(this.#seen, this.#options)
    this.#seen = []
  }
}

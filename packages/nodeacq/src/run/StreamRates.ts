import type { ManagerStatus } from '@nodeacq/core'

/** What was seen of one output of late. */
export interface SeenRate {
  /** Samples per second, and how far that may be off; undefined before there are two looks. */
  readonly hz: number | undefined
  readonly uncertainty: number
  /** Whether the figure is that of the stream's own clock, which knows it much better than a count. */
  readonly isMeasured: boolean
  /** Samples in the current run. */
  readonly samples: number
}

/** s of looks that are looked back upon. */
const WINDOW = 3

interface Look {
  readonly at: number
  readonly samples: number
  readonly chunks: number
}

/** How fast the outputs of a graph deliver, from successive looks at it. */
export class StreamRates {
  /** Looks at each output, oldest first. */
  readonly #looks = new Map<string, Look[]>()
  readonly #measured = new Map<string, { hz: number; uncertainty: number }>()

  /** @param at ms, of a clock that only goes forward */
  add(status: ManagerStatus, at: number): void {
    for (const node of status.nodes) {
      for (const { name, samples, chunks, measuredRate } of node.outputs) {
        const key = `${node.name}.${name}`
        const looks = this.#looks.get(key) ?? []
        if ((looks.at(-1)?.samples ?? 0) > samples) looks.length = 0
        looks.push({ at, samples, chunks })
        while (looks.length > 2 && at - looks[1]!.at >= WINDOW * 1000) looks.shift()
        this.#looks.set(key, looks)
        if (measuredRate === null) this.#measured.delete(key)
        else this.#measured.set(key, measuredRate)
      }
    }
  }

  /** @param stream `node.output`; undefined for one that was never seen */
  rate(stream: string): SeenRate | undefined {
    const looks = this.#looks.get(stream)
    const [first, last] = [looks?.[0], looks?.at(-1)]
    if (first === undefined || last === undefined) return undefined
    const { samples } = last
    const seconds = (last.at - first.at) / 1000
    if (seconds <= 0) return { hz: undefined, uncertainty: Infinity, isMeasured: false, samples }
    const measured = this.#measured.get(stream)
    const isMoving = last.samples > first.samples
    if (measured !== undefined && isMoving) return { ...measured, isMeasured: true, samples }
    const hz = (last.samples - first.samples) / seconds
    // The first and the last chunk of the time may be in it or not.
    const chunk = last.chunks > 0 ? samples / last.chunks : 0
    return { hz, uncertainty: (2 * chunk) / seconds, isMeasured: false, samples }
  }
}

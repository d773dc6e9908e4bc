import type { NdArray } from '@nodeacq/ndarray'
import type { OutputStream } from '@nodeacq/stream'

/** A part of a recording on its way to an output. Times are seconds of the recording. */
export interface ReplayTrack {
  readonly hasMore: boolean
  /** Of the next sample or event; Infinity behind the last. */
  readonly nextTime: number
  /** Back to the beginning; what follows is `seconds` later than in the recording. */
  rewind(seconds: number): void
  /** Leaves out what is before `time`; after a rewind. */
  skipBefore(time: number): void
  /** Sends everything before `time`. False when the node was stopped meanwhile. */
  sendUntil(time: number): Promise<boolean>
}

/** An output, and the end of its run: a consumer may keep a send waiting for long, but not a node from stopping. */
export class ReplayOutput {
  readonly stream: OutputStream
  readonly #signal: AbortSignal
  #wake: (() => void) | undefined

  constructor(stream: OutputStream, signal: AbortSignal) {
    this.stream = stream
    this.#signal = signal
    signal.addEventListener('abort', () => this.#wake?.(), { once: true })
  }

  /** Gives the memory away. False when the node was stopped meanwhile. */
  async send(data: NdArray, index: number): Promise<boolean> {
    const sent = this.stream.send(data, index, { handOver: true })
    const aborted = new Promise<void>((resolve) => (this.#wake = resolve))
    await Promise.race([sent, aborted])
    return !this.#signal.aborted
  }
}

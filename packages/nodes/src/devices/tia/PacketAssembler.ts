import type { SignalBlocks } from './SignalBlocks.ts'
import type { TiaBlock } from './TiaPacket.ts'

/** Where packets go. */
export interface PacketSink {
  send(blocks: readonly TiaBlock[]): void
  /** Numbers of packets that are left out. */
  skip(count: number): void
}

export interface PacketAssemblerOptions {
  /** Packets in a second. */
  readonly packetRate: number
  /** Blocks that have come meanwhile, of signals that are not sampled. */
  readonly extras: () => readonly TiaBlock[]
  /** s of samples that a signal may be ahead of the others, and s that it then waits for them. Default 2. */
  readonly patience?: number
}

/**
 * Makes packets of signals that come each at its own time: one as soon as all have its samples. A signal that is ahead waits for the
 * others, and with it its source where that can wait. One that does not come at all is no longer waited for, until it comes again;
 * what is missing of it is NaN. Of a packet in which nothing is there only the number is used up.
 */
export class PacketAssembler {
  readonly #signals: readonly SignalBlocks[]
  readonly #sink: PacketSink
  readonly #options: Required<PacketAssemblerOptions>
  readonly #stalled = new Set<SignalBlocks>()
  readonly #waiting = new Set<() => void>()
  readonly #blocks: TiaBlock[] = []

  constructor(signals: readonly SignalBlocks[], sink: PacketSink, options: PacketAssemblerOptions) {
    this.#signals = signals
    this.#sink = sink
    this.#options = { patience: 2, ...options }
  }

  /** Samples of a signal have come. Resolves when more of them may come. */
  async came(from: SignalBlocks, signal: AbortSignal): Promise<void> {
    this.#stalled.delete(from)
    this.#sendDue()
    const { patience, packetRate } = this.#options
    while (from.lead >= Math.max(1, patience * packetRate) && !signal.aborted) {
      if (await this.#hasMoved(signal)) continue
      for (const one of this.#signals) if (!one.isReady) this.#stalled.add(one)
      this.#sendDue()
    }
  }

  /** No more of a signal comes. */
  ended(signal: SignalBlocks): void {
    this.#stalled.add(signal)
    if (this.#signals.some((one) => !this.#stalled.has(one))) this.#sendDue()
  }

  /** Sends what is left, the last packet filled up with NaN. */
  finish(): void {
    while (this.#signals.some(({ hasRest }) => hasRest)) this.#sendNext()
  }

  #sendDue(): void {
    if (!this.#isDue()) return
    while (this.#isDue()) this.#sendNext()
    for (const wake of this.#waiting) wake()
  }

  #isDue(): boolean {
    let isAny = false
    for (const signal of this.#signals) {
      if (signal.isReady) isAny ||= signal.hasRest
      else if (!this.#stalled.has(signal)) return false
    }
    return isAny
  }

  /** Whether packets went out; false when none did for as long as a signal waits. */
  #hasMoved(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (hasMoved: boolean): void => {
        clearTimeout(timer)
        this.#waiting.delete(move)
        signal.removeEventListener('abort', move)
        resolve(hasMoved)
      }
      const move = (): void => end(true)
      const timer = setTimeout(() => end(false), this.#options.patience * 1000)
      this.#waiting.add(move)
      signal.addEventListener('abort', move)
    })
  }

  #sendNext(): void {
    const blocks = this.#blocks
    blocks.length = 0
    let isMissing = true
    for (const signal of this.#signals) {
      const taken = signal.take()
      if (taken === undefined) continue
      blocks.push(taken.block)
      isMissing &&= taken.isMissing
    }
    const extras = this.#options.extras()
    if (isMissing && extras.length === 0) {
      this.#sink.skip(1)
      return
    }
    blocks.push(...extras)
    this.#sink.send(blocks)
  }
}

import type { Fault } from '../faults.ts'
import { SAMPLE_FAULTS, SampleFaults } from '../SampleFaults.ts'
import { fillTestSignal } from '../testSignal.ts'
import { numberOf } from '../faults.ts'

/** A stream that the GUI acquires. */
export interface SimulatedStream {
  readonly name: string
  /** Hz */
  readonly sampleRate: number
  readonly channelCount: number
}

/** All channels of a stream for some samples, channel after channel. */
export interface AcquiredBlock {
  readonly stream: SimulatedStream
  readonly sampleNumber: number
  readonly count: number
  /** µV */
  readonly samples: Float32Array
  /** State of the TTL lines at each sample. */
  readonly words: Uint16Array
}

export interface AcquiredTtl {
  readonly stream: SimulatedStream
  readonly sampleNumber: number
  readonly line: number
  readonly state: boolean
  readonly word: number
}

export interface AcquiredSpike {
  readonly stream: SimulatedStream
  readonly sampleNumber: number
  readonly electrode: string
  readonly sortedId: number
  /** µV, one channel. */
  readonly waveform: Float32Array
}

/** What happens in an acquisition, in its order: events before the block that they are in. */
export interface AcquisitionEvents {
  started(): void
  block(block: AcquiredBlock): void
  ttl(ttl: AcquiredTtl): void
  spike(spike: AcquiredSpike): void
}

export const ACQUISITION_FAULTS = {
  ...SAMPLE_FAULTS,
  lose: 'lose the next =<n> messages (default 1); their numbers go on',
  duplicate: 'send the next =<n> messages twice (default 1)',
  jump: 'let the sample numbers jump by =<n> (default 50)',
  restart: 'stop for =<s> (default 1), then begin to count anew',
  stop: 'stop for good'
} as const

/** ms between two looks at what is due. */
const TICK = 5
/** ms of work between two looks. */
const BUDGET = 50
const AMPLITUDE = 100
const TTL_LINE = 4
const WAVEFORM = Float32Array.from({ length: 32 }, (_, k) => -80 * Math.exp(-(((k - 8) / 3) ** 2)))

/**
 * Acquires made-up samples in real time: `testSignal` with 100 µV, TTL line 4, which changes each half second, and a spike
 * each quarter second.
 */
export class Acquisition {
  readonly faults = new SampleFaults()
  readonly streams: readonly SimulatedStream[]
  readonly #blockTime: number
  readonly #events: AcquisitionEvents
  readonly #ticks: NodeJS.Timeout
  #zero = performance.now()
  #hasStarted = false
  /** Number of the next block. */
  #block = 0
  #pausedUntil = -Infinity

  /** @param blockTime s of a block */
  constructor(streams: readonly SimulatedStream[], blockTime: number, events: AcquisitionEvents) {
    this.streams = streams
    this.#blockTime = blockTime
    this.#events = events
    this.#ticks = setInterval(() => this.#sendDue(), TICK)
  }

  /** Whether the fault is one of these, and now happens. */
  inject(fault: Fault): boolean {
    switch (fault.kind) {
      case 'restart':
        this.#pausedUntil = performance.now() + numberOf(fault, 1) * 1000
        this.#hasStarted = false
        this.faults.counterOffset = 0
        return true
      case 'stop':
        this.close()
        return true
      case 'rate': {
        // What was acquired up to now stays where it is.
        const before = this.#due()
        this.faults.inject(fault)
        this.#zero = performance.now() - (before * this.#blockTime * 1000) / this.faults.rateFactor
        return true
      }
      default:
        return this.faults.inject(fault)
    }
  }

  close(): void {
    clearInterval(this.#ticks)
  }

  #due(): number {
    return ((performance.now() - this.#zero) / 1000 / this.#blockTime) * this.faults.rateFactor
  }

  #sendDue(): void {
    if (performance.now() < this.#pausedUntil) return
    if (!this.#hasStarted) {
      this.#hasStarted = true
      this.#zero = performance.now()
      this.#block = 0
      this.#events.started()
    }
    // A machine that is too slow for it falls behind, but goes on to send and to hear.
    const until = performance.now() + BUDGET
    for (const due = Math.floor(this.#due()); this.#block < due && performance.now() < until; this.#block++) {
      for (const stream of this.streams) this.#acquire(stream, this.#block)
    }
  }

  #acquire(stream: SimulatedStream, block: number): void {
    const { sampleRate, channelCount } = stream
    const from = Math.round(block * this.#blockTime * sampleRate)
    const to = Math.round((block + 1) * this.#blockTime * sampleRate)
    const count = to - from
    const offset = this.faults.counterOffset
    const samples = new Float32Array(count * channelCount)
    const words = new Uint16Array(count)
    for (let k = 0; k < channelCount; k++) {
      const own = samples.subarray(k * count, (k + 1) * count)
      fillTestSignal(own, from, k, { rate: sampleRate, count: channelCount, amplitude: AMPLITUDE })
    }
    const half = Math.max(1, Math.round(sampleRate / 2))
    const quarter = Math.max(1, Math.round(sampleRate / 4))
    for (let n = from; n < to; n++) {
      const word = Math.floor(n / half) % 2 === 1 ? 1 << TTL_LINE : 0
      words[n - from] = word
      const sampleNumber = n + offset
      if (n > 0 && n % half === 0) this.#events.ttl({ stream, sampleNumber, line: TTL_LINE, state: word !== 0, word })
      if (n > 0 && n % quarter === 0) {
        const sortedId = (n / quarter) % 3
        this.#events.spike({ stream, sampleNumber, electrode: 'Electrode 1', sortedId, waveform: WAVEFORM })
      }
    }
    this.#events.block({ stream, sampleNumber: from + offset, count, samples, words })
  }
}

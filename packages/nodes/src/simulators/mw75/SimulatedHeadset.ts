import { CHANNEL_COUNT, COUNTER_MODULUS, encodePacket, SAMPLE_RATE } from '../../devices/mw75/packets.ts'
import { numberOf, type Fault } from '../faults.ts'
import { LineFaults, type FaultyLine } from '../LineFaults.ts'
import { SampleFaults } from '../SampleFaults.ts'
import { testSignal } from '../testSignal.ts'
import { HEADSET_FAULTS, RADIO_KINDS } from './mw75Faults.ts'

/** ms between two looks at what is due. */
const TICK = 8
/** Bytes of one piece of the data link: not those of a packet. */
const PIECE = 64
/** µV */
const AMPLITUDE = 100
/** Of packets that are no EEG. */
const OTHER_EVENT = 25

/**
 * An MW75 that is not there: the bytes of a real one at its pace, with 12 channels, of which the last is a ramp over 1000
 * samples, and a counter that begins anew each time it streams. Sample 0 is when it first streamed: later it goes on with the
 * ramp where it would be by then.
 */
export class SimulatedHeadset {
  /** Percent. */
  battery: number
  readonly #radio: LineFaults
  readonly #samples = new SampleFaults()
  #streams = new Set<HeadsetStream>()
  #bleErrors = 0
  #rfcommErrors = 0
  /** ms of `performance.now()` of sample 0. */
  #zero: number | undefined

  /** @param battery percent; @param seed of the places where bits change and packets are cut */
  constructor({ battery = 85, seed = 1 }: { battery?: number; seed?: number } = {}) {
    this.battery = battery
    this.#radio = new LineFaults(seed)
  }

  /** Whether it is found; each absence counts for one attempt. */
  activate(): boolean {
    return this.#bleErrors-- <= 0
  }

  /** Whether the data link opens. */
  connect(): boolean {
    return this.#rfcommErrors-- <= 0
  }

  /** Streams from now on. @param write gets the bytes, in pieces that know nothing of packets */
  stream(write: (piece: Uint8Array) => void): HeadsetStream {
    this.#zero ??= performance.now()
    const first = Math.floor(((performance.now() - this.#zero) * SAMPLE_RATE) / 1000)
    const stream: HeadsetStream = new HeadsetStream(first, {
      samples: this.#samples,
      line: this.#radio.add({ write, destroy: () => {} }),
      onEnd: () => this.#streams.delete(stream)
    })
    this.#streams.add(stream)
    return stream
  }

  /** Whether the fault is one of a headset, and now happens. */
  inject(fault: Fault): boolean {
    if (!Object.hasOwn(HEADSET_FAULTS, fault.kind)) return false
    if (this.#samples.inject(fault)) return true
    if (Object.hasOwn(RADIO_KINDS, fault.kind)) {
      return this.#radio.inject({ ...fault, kind: RADIO_KINDS[fault.kind as keyof typeof RADIO_KINDS] })
    }
    if (fault.kind === 'battery') this.battery = numberOf(fault, 20)
    if (fault.kind === 'bleError') this.#bleErrors = numberOf(fault, 1)
    if (fault.kind === 'rfcommError') this.#rfcommErrors = numberOf(fault, 1)
    for (const stream of this.#streams) {
      if (fault.kind === 'linkLost') stream.packetsLeft = numberOf(fault, 0)
      if (fault.kind === 'otherEvent') stream.others = numberOf(fault, 1)
    }
    return true
  }
}

interface StreamParts {
  readonly samples: SampleFaults
  readonly line: FaultyLine
  readonly onEnd: () => void
}

/** One connection of a simulated headset. */
export class HeadsetStream {
  /** Resolves when the link is lost, or closed. */
  readonly ended: Promise<undefined>
  packetsLeft = Infinity
  others = 0
  readonly #parts: StreamParts
  readonly #timer: NodeJS.Timeout
  #end: () => void = () => {}
  #next: number
  #due: number
  #counter = 0
  #last = performance.now()
  #waiting: Uint8Array[] = []

  /** @param first number of its first sample */
  constructor(first: number, parts: StreamParts) {
    this.#parts = parts
    this.#next = first
    this.#due = first
    this.ended = new Promise((resolve) => (this.#end = () => resolve(undefined)))
    this.#timer = setInterval(() => this.#sendDue(), TICK)
  }

  /** Safe to call twice. */
  close(): void {
    clearInterval(this.#timer)
    this.#parts.line.close()
    this.#parts.onEnd()
    this.#end()
  }

  #sendDue(): void {
    const { samples } = this.#parts
    const now = performance.now()
    this.#due += ((now - this.#last) * SAMPLE_RATE * samples.rateFactor) / 1000
    this.#last = now
    for (; this.others > 0; this.others--) this.#waiting.push(encodePacket({ ...EMPTY, eventId: OTHER_EVENT }))
    for (; this.#next < this.#due; this.#next++) {
      if (this.packetsLeft-- <= 0) {
        this.#flush()
        this.close()
        return
      }
      const packet = this.#packet(samples.counterOffset)
      for (let times = samples.next(); times > 0; times--) this.#waiting.push(packet)
      this.#counter += 1
    }
    this.#flush()
  }

  #packet(counterOffset: number): Uint8Array {
    const n = this.#next
    const signal = { rate: SAMPLE_RATE, count: CHANNEL_COUNT }
    const channels = Array.from({ length: CHANNEL_COUNT }, (_, k) => AMPLITUDE * testSignal(n, k, signal))
    return encodePacket({ ...EMPTY, channels, counter: (this.#counter + counterOffset) % COUNTER_MODULUS })
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#waiting)
    this.#waiting = []
    for (let at = 0; at < bytes.length; at += PIECE) this.#parts.line.write(bytes.subarray(at, at + PIECE))
  }
}

const EMPTY = { eventId: 239, counter: 0, ref: 123.5, drl: -67.25, channels: [], featureStatus: 0 }

import {
  CYTON_CHANNELS,
  CYTON_COUNTER,
  CYTON_PACKET_SIZE,
  CYTON_RATE,
  emptyCytonPacket,
  writeCytonAux,
  writeCytonPacket
} from '../../devices/openbci/cytonPackets.ts'
import type { SampleFaults } from '../SampleFaults.ts'
import { testSignal } from '../testSignal.ts'
import type { CytonModel } from './CytonModel.ts'

/** Counts at 1 of the test signal: about 1 mV at a gain of 24, and steps of 100 in the ramp. */
export const CYTON_AMPLITUDE = 50_000
/** Packets from one value of the accelerometer to the next: 25 Hz. */
const ACCELERATION_STEP = 10
/** Counts of 1 g. */
const ONE_G = 8000
/** Value of A5 when nothing is connected. */
const IDLE_ANALOG = 512

/**
 * The packets of a Cyton in real time. With a Daisy, a sample of 16 channels takes two of them, the Daisy's first. The signal
 * goes on while the board does not stream: what is missed can be seen in it.
 */
export class CytonStream {
  readonly #model: CytonModel
  readonly #faults: SampleFaults
  readonly #packet = emptyCytonPacket()
  /** ms at which packet 0 was due, at the rate of now. */
  #zero = 0
  #rateFactor = 1
  #sent = 0
  #wasTimeSet = false
  /** ms at which the signal began, and how many packets of it were before packet 0. */
  readonly #birth = performance.now()
  #missed = 0

  constructor(model: CytonModel, faults: SampleFaults) {
    this.#model = model
    this.#faults = faults
  }

  /** The board counts from 0. @param now ms */
  start(now: number): void {
    this.#zero = now
    this.#sent = 0
    // An even number, for the two packets of a sample.
    this.#missed = 2 * Math.floor((now - this.#birth) / 1000 / (2 / CYTON_RATE))
    this.#wasTimeSet = false
    this.#faults.counterOffset = 0
  }

  /** Gives the packets that are due. @param now ms */
  *due(now: number): Iterable<Uint8Array> {
    if (!this.#model.isStreaming) return
    if (this.#faults.rateFactor !== this.#rateFactor) {
      this.#rateFactor = this.#faults.rateFactor
      this.#zero = now - this.#timeOf(this.#sent)
    }
    for (; this.#zero + this.#timeOf(this.#sent) <= now; this.#sent++) {
      this.#fill()
      for (let fate = this.#faults.next(); fate > 0; fate--) {
        const bytes = new Uint8Array(CYTON_PACKET_SIZE)
        writeCytonPacket(this.#packet, bytes, 0)
        yield bytes
      }
    }
  }

  #timeOf(packet: number): number {
    return (packet * 1000) / (CYTON_RATE * this.#rateFactor)
  }

  #fill(): void {
    const { usesDaisy } = this.#model
    const packet = this.#packet
    // With a Daisy the counter counts packets, two for each sample.
    const ahead = this.#faults.counterOffset * (usesDaisy ? 2 : 1)
    packet.sampleNumber = (this.#sent + ahead) % CYTON_COUNTER
    const nth = this.#missed + this.#sent
    const sample = usesDaisy ? nth >> 1 : nth
    const first = usesDaisy && this.#sent % 2 === 0 ? CYTON_CHANNELS : 0
    for (let k = 0; k < CYTON_CHANNELS; k++) packet.counts[k] = this.#countOf(sample, first + k)
    this.#fillAux()
  }

  #countOf(sample: number, channel: number): number {
    const { usesDaisy, channels } = this.#model
    if (!channels[channel]!.isOn) return 0
    const count = usesDaisy ? 2 * CYTON_CHANNELS : CYTON_CHANNELS
    const rate = usesDaisy ? CYTON_RATE / 2 : CYTON_RATE
    return Math.round(CYTON_AMPLITUDE * testSignal(sample, channel, { rate, count }))
  }

  #fillAux(): void {
    const { hasTimeStamps, mode, markers } = this.#model
    const packet = this.#packet
    const isRaw = mode === 'analog' || mode === 'digital' || mode === 'marker'
    const value = mode === 'marker' ? (markers.shift() ?? 0) : IDLE_ANALOG
    if (!hasTimeStamps) {
      const isNew = this.#sent % ACCELERATION_STEP === 0
      if (isRaw) writeCytonAux({ kind: 'raw', counts: [value, 0, 0] }, packet)
      else writeCytonAux({ kind: 'acceleration', counts: isNew ? [16, -16, ONE_G] : [0, 0, 0] }, packet)
      return
    }
    const boardTime = Math.floor(this.#zero + this.#timeOf(this.#sent)) % 2 ** 32
    const isSet = !this.#wasTimeSet
    this.#wasTimeSet = true
    if (isRaw) {
      writeCytonAux({ kind: 'timedRaw', count: value, boardTime, isSet }, packet)
      return
    }
    const axis = (packet.sampleNumber % 10) - 7
    const count = axis === 2 ? ONE_G : 0
    writeCytonAux({ kind: 'timedAcceleration', axis: axis < 0 ? undefined : axis, count, boardTime, isSet }, packet)
  }
}

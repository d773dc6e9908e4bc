import { DeviceError } from '@nodeacq/core'

/** The numbers of a packet. */
export interface PacketNumbers {
  readonly packetNumber: number
  readonly packetId: number
}

/** Packets by which numbers may go back in one connection: datagrams overtake each other. */
const MAX_STEP_BACK = 64
/** s of packets by which numbers may go on at once; what is more is no loss. */
const MAX_STEP = 86_400
/** Part of the time that a server's clock may be off. */
const CLOCK_ERROR = 0.02
/** s by which packets may come early or late. */
const JITTER = 0.5

/**
 * Says how many packets were lost before each one.
 *
 * Within a connection its number tells. A new connection counts anew; then the id tells, where it counts the packets of the
 * server (libtia and nodeacq) and agrees with the clock, and else the clock.
 */
export class PacketTrack {
  /** Packets that came twice, or late. */
  duplicates = 0
  readonly #rate: number
  #last: PacketNumbers | undefined
  #time = 0
  #hasBegunAnew = false

  /** @param rate packets in a second; 0 where they come when something happens */
  constructor(rate: number) {
    this.#rate = rate
  }

  /** The server was connected anew. */
  beginAnew(): void {
    this.#hasBegunAnew = true
  }

  /**
   * Packets that are missing before this one; undefined for one that came before.
   * @param time s at which it came, on a monotonic clock
   * @throws {DeviceError} when the numbers are none that a server counts
   */
  lostBefore(packet: PacketNumbers, time: number): number | undefined {
    const lost = this.#lost(packet, time)
    if (lost === undefined) {
      this.duplicates += 1
      return undefined
    }
    this.#last = packet
    this.#time = time
    this.#hasBegunAnew = false
    return lost
  }

  #lost({ packetNumber, packetId }: PacketNumbers, time: number): number | undefined {
    if (this.#last === undefined) return 0
    const elapsed = time - this.#time
    if (this.#hasBegunAnew) {
      const byClock = Math.max(0, Math.round(elapsed * this.#rate) - 1)
      const byId = packetId - this.#last.packetId - 1
      const tolerance = (elapsed * CLOCK_ERROR + JITTER) * this.#rate
      return byId >= 0 && Math.abs(byId - byClock) <= tolerance ? byId : byClock
    }
    const step = packetNumber - this.#last.packetNumber
    if (step < -MAX_STEP_BACK || step > Math.max(1000, MAX_STEP * this.#rate)) {
      const { packetNumber: last } = this.#last
      throw new DeviceError(`packet numbers go from ${last} to ${packetNumber}`)
    }
    return step < 1 ? undefined : step - 1
  }
}

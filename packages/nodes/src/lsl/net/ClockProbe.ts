import type { Socket } from 'node:dgram'
import { createSocket } from 'node:dgram'
import { ClockOffset } from '@nodeacq/stream'
import { LslFormatError } from '../LslError.ts'
import { encodeTimeQuestion, parseTimeAnswer } from '../wire/timeData.ts'
import { lslClock } from './lslClock.ts'

/** How to turn stamps into times of this machine. */
export interface LslTimeCorrection {
  /** s to add to a stamp of the outlet. */
  readonly offset: number
  /** s; the true offset is within `offset ± uncertainty`. */
  readonly uncertainty: number
}

/** ms between questions; the first ones come faster, so that the offset is known soon. */
const INTERVAL = 250
const FIRST_INTERVAL = 20
const FIRST_COUNT = 8
/** Questions whose answers are waited for. */
const OPEN_QUESTIONS = 16

/** Asks an outlet for its time, again and again: how its clock stands against ours, and whether it is still there. */
export class ClockProbe {
  readonly #socket: Socket = createSocket('udp4')
  readonly #host: string
  readonly #port: number
  readonly #questions = new Map<number, number>()
  #clock = new ClockOffset()
  #timer: NodeJS.Timeout | undefined
  #wave = 0
  #answeredAt = -Infinity

  /** @param port service port of the outlet; 0: it has none */
  constructor(host: string, port: number) {
    this.#host = host
    this.#port = port
    this.#socket.on('message', (datagram) => this.#hear(datagram))
    // An outlet that has gone may be told so by its machine; silence tells it too.
    this.#socket.on('error', () => {})
    if (port > 0) this.#ask()
  }

  /** ms of `performance.now()` of the last answer; -Infinity before the first. */
  get answeredAt(): number {
    return this.#answeredAt
  }

  /** Now; undefined before the first answer. */
  get correction(): LslTimeCorrection | undefined {
    const found = this.#clock.at(lslClock() * 1000)
    return found && { offset: -found.offset / 1000, uncertainty: found.uncertainty / 1000 }
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#socket.close()
  }

  #ask(): void {
    const wave = this.#wave++
    this.#questions.delete(wave - OPEN_QUESTIONS)
    const t0 = lslClock()
    this.#questions.set(wave, t0)
    this.#timer = setTimeout(() => this.#ask(), wave < FIRST_COUNT ? FIRST_INTERVAL : INTERVAL)
    this.#socket.send(encodeTimeQuestion({ wave, t0 }), this.#port, this.#host, () => {})
  }

  #hear(datagram: Buffer): void {
    const returned = lslClock() * 1000
    try {
      const { wave, t1, t2 } = parseTimeAnswer(datagram)
      const sent = this.#questions.get(wave)
      if (sent === undefined) return
      this.#questions.delete(wave)
      this.#answeredAt = performance.now()
      const trip = { sent: sent * 1000, received: t1 * 1000, answered: t2 * 1000, returned }
      if (this.#clock.add(trip)) return
      // The clock of the outlet has jumped.
      this.#clock = new ClockOffset()
      this.#clock.add(trip)
    } catch (error) {
      if (!(error instanceof LslFormatError)) throw error
    }
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { getLogger } from '@nodeacq/rpc'
import { ClockOffset, MACHINE, monotonicNow, type ClockOffsetStatus } from '@nodeacq/stream'
import { ANSWER_TIME, within, type HostLink } from './links.ts'

/** A reading of a machine's monotonic clock, ms, and the machine's name since its start. */
export interface ClockReading {
  readonly machine: string
  /** When the question came, and when it was answered. */
  readonly received: number
  readonly answered: number
}

/** The monotonic clock of a host's machine against that of the manager; all 0 where it is the same machine. */
export interface HostClockStatus extends ClockOffsetStatus {
  readonly machine: string
}

/** Questions at the beginning, ms between them; then ms between one and the next. */
const BURST = 8
const BURST_INTERVAL = 50
const INTERVAL = 2000

const log = getLogger('nodeacq.Manager')

/** Answers with the clock of this machine. */
export function readClock(): ClockReading {
  const received = monotonicNow()
  return { machine: MACHINE, received, answered: monotonicNow() }
}

/** Measures how far the clock of a host's machine is from ours, as long as the host is there. */
export class HostClock {
  readonly #offset = new ClockOffset()
  #machine: string | undefined

  /** Null before the first answer, and for hosts that cannot tell their time (pyacq's). */
  get status(): HostClockStatus | null {
    const machine = this.#machine
    if (machine === undefined) return null
    if (machine === MACHINE) return { machine, offset: 0, uncertainty: 0, drift: 0, driftUncertainty: 0 }
    const offset = this.#offset.at(monotonicNow())
    return offset ? { machine, ...offset } : null
  }

  /** Asks again and again until the host is lost or `isCurrent` says no. One answer of our own machine is enough. */
  async follow(link: HostLink, isCurrent: () => boolean): Promise<void> {
    for (let asked = 1; isCurrent() && link.state === 'connected'; asked++) {
      if (!(await this.#ask(link)) || this.#machine === MACHINE) return
      await sleep(asked < BURST ? BURST_INTERVAL : INTERVAL, undefined, { ref: false })
    }
  }

  /** @returns false when asking again makes no sense. */
  async #ask(link: HostLink): Promise<boolean> {
    const sent = monotonicNow()
    try {
      const { machine, received, answered } = await within(ANSWER_TIME, link.host).readClock()
      const returned = monotonicNow()
      this.#machine = machine
      if (!this.#offset.add({ sent, received, answered, returned })) {
        log.warning(`the clock of host '${link.name}' has jumped; its offset is measured anew`)
      }
      return true
    } catch (error) {
      return (error as Error).name === 'RpcTimeoutError'
    }
  }
}

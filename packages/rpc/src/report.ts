import { channel } from 'node:diagnostics_channel'

type Level = 'debug' | 'info' | 'warning' | 'error'

const records = channel('nodeacq:log')

/** Says something in the log of this process, whoever listens there. */
export function report(level: Level, message: string, cause?: unknown): void {
  records.publish({ level, name: 'nodeacq.rpc', message, cause })
}

/**
 * Reports that keep a flood out of the log: at most `burst` lines per `period` (ms), then one line saying how many
 * were left out.
 */
export class LimitedReport {
  readonly #burst: number
  readonly #period: number
  #since = -Infinity
  #count = 0

  constructor({ burst = 10, period = 10_000 } = {}) {
    this.#burst = burst
    this.#period = period
  }

  warn(message: string, cause?: unknown): void {
    const now = performance.now()
    if (now - this.#since > this.#period) {
      if (this.#count > this.#burst) report('warning', `${this.#count - this.#burst} more such messages were left out`)
      this.#since = now
      this.#count = 0
    }
    if (++this.#count <= this.#burst) report('warning', message, cause)
  }
}

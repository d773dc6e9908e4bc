import { readFileSync } from 'node:fs'
import { quantile } from '../rounds.ts'

/** What a process used while something ran. */
export interface Usage {
  /** Processor time by time: 1 is one core that is busy all the time. */
  readonly cores: number
  /** Memory of its own, MiB, twice a second. */
  readonly memory: readonly number[]
}

/** ms. A look takes a tenth of one, which would show in latencies if it were more often. */
const INTERVAL = 500

/** Measures this process from `new` to `stop`. */
export class UsageMeter {
  readonly #cpu = process.cpuUsage()
  readonly #startedAt = performance.now()
  readonly #memory = [mebibytes()]
  readonly #timer = setInterval(() => this.#memory.push(mebibytes()), INTERVAL)

  stop(): Usage {
    clearInterval(this.#timer)
    this.#memory.push(mebibytes())
    const { user, system } = process.cpuUsage(this.#cpu)
    return { cores: (user + system) / 1000 / (performance.now() - this.#startedAt), memory: this.#memory }
  }
}

/**
 * Resident memory without pages of files: a shared ring is not what a process gathers. Where the system does not tell
 * them apart, all of it.
 */
function mebibytes(): number {
  if (process.platform !== 'linux') return process.memoryUsage.rss() / 2 ** 20
  const kibibytes = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]
  return Number(kibibytes) / 1024
}

/** How much more memory in the middle of the last third of the time than in that of the first one, MiB. */
export function growthOf(memory: readonly number[]): number {
  const third = Math.max(1, Math.floor(memory.length / 3))
  return quantile(memory.slice(-third), 0.5) - quantile(memory.slice(0, third), 0.5)
}

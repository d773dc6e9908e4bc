/** ms over which a share is measured at least: several may ask, at any time, and none shall spoil it for the others. */
const WINDOW = 200

/** Share of one core that this process uses. */
export class CpuMeter {
  #cpu = process.cpuUsage()
  #at = performance.now()
  #share = 0

  /** Since the last time somebody asked, or a little longer. */
  share(): number {
    const now = performance.now()
    const elapsed = now - this.#at
    if (elapsed < WINDOW) return this.#share
    const used = process.cpuUsage(this.#cpu)
    this.#cpu = process.cpuUsage()
    this.#at = now
    return (this.#share = (used.user + used.system) / 1000 / elapsed)
  }
}

/** Processor time that this process has used, s. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

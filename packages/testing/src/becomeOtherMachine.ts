import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

/** A machine that a process pretends to run on. */
export interface OtherMachine {
  /** Instead of the boot id. */
  readonly name: string
  /** ms that its monotonic clock is ahead of the real one, at 0 of that. */
  readonly ahead: number
  /** How much faster it is; 80e-6 are 80 ppm. */
  readonly drift: number
}

const hrtime = process.hrtime.bigint.bind(process.hrtime)

/** The machine's real monotonic clock, ms, also in a process that pretends. */
export function realNow(): number {
  return Number(hrtime()) / 1e6
}

/**
 * Lets this process have the clock and the name of another machine. For programs that tests start: it has to come before
 * whatever reads them is imported, and lasts as long as the process.
 */
export function becomeOtherMachine({ name, ahead, drift }: OtherMachine): void {
  const now = (): number => ahead + realNow() * (1 + drift)
  performance.now = now
  process.hrtime.bigint = () => BigInt(Math.round(now() * 1e6))
  const readFileSync = fs.readFileSync
  const read = (...args: Parameters<typeof readFileSync>): ReturnType<typeof readFileSync> =>
    args[0] === '/proc/sys/kernel/random/boot_id' ? name : readFileSync(...args)
  fs.readFileSync = read as typeof readFileSync
  syncBuiltinESMExports()
}

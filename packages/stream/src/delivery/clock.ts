import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

const OFFSET = Number(process.hrtime.bigint()) / 1e6 - performance.now()

/** ms on the clock that all processes of this machine share (CLOCK_MONOTONIC); it never jumps and has no date. */
export function monotonicNow(): number {
  return performance.now() + OFFSET
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return hostname()
  }
}

/** Names the machine since its start: two processes with the same name may compare `monotonicNow()`. */
export const MACHINE: string = bootId()

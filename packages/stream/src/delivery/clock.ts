import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

const OFFSET = measureOffset()

/** CLOCK_MONOTONIC less `performance.now()`, which begins with the process; from the quickest of some looks at both. */
function measureOffset(): number {
  let best = Infinity
  let offset = 0
  for (let i = 0; i < 20; i++) {
    const before = performance.now()
    const monotonic = Number(process.hrtime.bigint()) / 1e6
    const after = performance.now()
    if (after - before >= best) continue
    best = after - before
    offset = monotonic - (before + after) / 2
  }
  return offset
}

/** ms on the clock that all processes of this machine share (CLOCK_MONOTONIC); it never jumps and has no date. */
export function monotonicNow(): number {
  return performance.now() + OFFSET
}

/** `performance.now()` of this process at a time of `monotonicNow()`. */
export function toPerformance(time: number): number {
  return time - OFFSET
}

/** A time of `performance.now()` on the clock that all processes of this machine share. */
export function toMonotonic(time: number): number {
  return time + OFFSET
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

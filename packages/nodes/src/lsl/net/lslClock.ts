import { monotonicNow } from '@nodeacq/stream'

/** s on the clock that LSL's stamps on this machine are by: CLOCK_MONOTONIC, as liblsl's `local_clock`. */
export function lslClock(): number {
  return monotonicNow() / 1000
}

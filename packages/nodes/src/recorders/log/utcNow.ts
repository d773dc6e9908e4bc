const HOST_START = process.hrtime.bigint()
const UTC_START = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6))

/** ns since 1970 UTC; it never jumps, as it follows the monotonic clock since the process began. */
export function utcNow(): bigint {
  return UTC_START + process.hrtime.bigint() - HOST_START
}

/** ms since 1970 as ns. */
export const toNanoseconds = (ms: number): bigint => BigInt(Math.round(ms * 1e6))

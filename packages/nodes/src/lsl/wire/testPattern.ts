/**
 * The two samples that begin a feed, by which an inlet sees that it reads the bytes as they were meant. Both have the stamp
 * 123456.789; channel k has, with n = 4 and then n = 2, and the opposite sign where k is odd:
 *
 *   float32   k + n                    int32   (k + n + 65537) mod 2147483647     int8     (k + n + 1) mod 127
 *   double64  k + n + 16777217         int16   (k + n + 257) mod 32767            string   the text of k + 10, twice
 *   int64     k + n + 2147483649
 *
 * Source: liblsl 1.17, `sample.cpp`, `assign_test_pattern`.
 */
import type { LslFormat, LslNumberFormat } from '../formats.ts'

export const PATTERN_STAMP = 123_456.789
/** n of the two samples. */
export const PATTERN_OFFSETS = [4, 2] as const

const MAGNITUDES: Readonly<Record<LslNumberFormat, (sum: number) => number>> = {
  float32: (sum) => sum,
  double64: (sum) => sum + 16_777_217,
  int64: (sum) => sum + 2_147_483_649,
  int32: (sum) => (sum + 65_537) % 2_147_483_647,
  int16: (sum) => (sum + 257) % 32_767,
  int8: (sum) => (sum + 1) % 127
}

/** Value of channel `k`. */
function patternNumber(format: LslNumberFormat, k: number, n: number): number {
  const magnitude = MAGNITUDES[format](k + n)
  return k % 2 === 0 ? magnitude : 0 - magnitude
}

function patternText(k: number): string {
  return String(k % 2 === 0 ? k + 10 : -(k + 10))
}

/** A sample of the pattern. */
export function testPattern(format: LslFormat, channelCount: number, n: number): number[] | string[] {
  const channels = Array.from({ length: channelCount }, (_, k) => k)
  return format === 'string' ? channels.map(patternText) : channels.map((k) => patternNumber(format, k, n))
}

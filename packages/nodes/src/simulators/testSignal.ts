/**
 * The signal that simulators give: channel `k` is a sine of its own frequency, from 8 Hz up in steps of 1/4 Hz; the last of
 * several channels is a ramp over 1000 samples, by which order and gaps can be seen. From −1 to 1.
 */
export function testSignal(n: number, k: number, { rate, count }: { rate: number; count: number }): number {
  if (k === count - 1 && count > 1) return ((n % 1000) - 500) / 500
  return Math.sin((2 * Math.PI * (8 + k / 4) * n) / rate)
}

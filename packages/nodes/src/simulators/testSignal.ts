/**
 * The signal that simulators give: channel `k` is a sine of its own frequency, from 8 Hz up in steps of 1/4 Hz; the last of
 * several channels is a ramp over 1000 samples, by which order and gaps can be seen. From −1 to 1.
 */
export function testSignal(n: number, k: number, { rate, count }: { rate: number; count: number }): number {
  if (k === count - 1 && count > 1) return ((n % 1000) - 500) / 500
  return Math.sin((2 * Math.PI * (8 + k / 4) * n) / rate)
}

/** Samples of channel `k` from number `from` on, `amplitude` times `testSignal`: for blocks of many channels. */
export function fillTestSignal(
  samples: Float32Array,
  from: number,
  k: number,
  { rate, count, amplitude }: { rate: number; count: number; amplitude: number }
): void {
  if (k === count - 1 && count > 1) {
    for (let n = 0; n < samples.length; n++) samples[n] = amplitude * testSignal(from + n, k, { rate, count })
    return
  }
  // Turned from sample to sample, which costs a tenth of a sine.
  const turn = (2 * Math.PI * (8 + k / 4)) / rate
  const [cosTurn, sinTurn] = [Math.cos(turn), Math.sin(turn)]
  let cos = amplitude * Math.cos(turn * from)
  let sin = amplitude * Math.sin(turn * from)
  for (let n = 0; n < samples.length; n++) {
    samples[n] = sin
    const next = sin * cosTurn + cos * sinTurn
    cos = cos * cosTurn - sin * sinTurn
    sin = next
  }
}

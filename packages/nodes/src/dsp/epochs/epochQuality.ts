/** What an epoch has to be like. Limits are in the units of the signal; null is no limit. */
export interface QualityLimits {
  readonly maxPeakToPeak: number | null
  readonly minPeakToPeak: number | null
  readonly maxAmplitude: number | null
}

/** Takes the mean of samples `[from, to)` off each channel of an epoch `(samples, channels)`, in place. */
export function subtractBaseline(
  values: Float64Array,
  channelCount: number,
  { from, to }: { from: number; to: number }
): void {
  for (let channel = 0; channel < channelCount; channel++) {
    let sum = 0
    for (let k = from; k < to; k++) sum += values[k * channelCount + channel]!
    const mean = sum / (to - from)
    for (let at = channel; at < values.length; at += channelCount) values[at]! -= mean
  }
}

/** Why an epoch `(samples, channels)` is refused, and by which of the channels asked; undefined when it is good. */
export function findFault(
  values: Float64Array,
  { channelCount, channels }: { channelCount: number; channels: readonly number[] },
  { maxPeakToPeak, minPeakToPeak, maxAmplitude }: QualityLimits
): { reason: 'not finite' | 'amplitude' | 'peak-to-peak' | 'flat'; channel: number } | undefined {
  for (const channel of channels) {
    let low = Infinity
    let high = -Infinity
    for (let at = channel; at < values.length; at += channelCount) {
      const value = values[at]!
      if (!Number.isFinite(value)) return { reason: 'not finite', channel }
      if (value < low) low = value
      if (value > high) high = value
    }
    if (maxAmplitude !== null && Math.max(high, -low) > maxAmplitude) return { reason: 'amplitude', channel }
    if (maxPeakToPeak !== null && high - low > maxPeakToPeak) return { reason: 'peak-to-peak', channel }
    if (minPeakToPeak !== null && high - low < minPeakToPeak) return { reason: 'flat', channel }
  }
  return undefined
}

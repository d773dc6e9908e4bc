import type { MeasuredRate } from '@nodeacq/stream'

/** `0:07`, `12:05`, `1:02:03`. */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const two = (part: number) => String(part).padStart(2, '0')
  const hours = Math.floor(whole / 3600)
  const minutes = Math.floor(whole / 60) % 60
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`
}

/** `1,234,567`, with the same comma in every country. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US')
}

/**
 * Samples per second in at most seven characters: `250`, `30.0 k`, `1.25 M`; where it was measured to less than half a
 * hertz, with the digits that are sure: `999.98`, `29,999.4`.
 */
export function formatRate(rate: number | undefined, measured?: MeasuredRate): string {
  if (rate === undefined) return '–'
  if (measured !== undefined && measured.uncertainty < 0.5) {
    const digits = Math.min(2, Math.floor(-Math.log10(2 * measured.uncertainty)))
    return measured.hz.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  }
  if (rate < 1 && rate > 0) return rate.toFixed(1)
  if (rate < 10_000) return formatCount(Math.round(rate))
  const [value, unit] = rate < 1_000_000 ? [rate / 1e3, 'k'] : [rate / 1e6, 'M']
  return `${value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0)} ${unit}`
}

/** `0.08 ms`, `12 ms`, `1.5 s`. What two clocks that differ a little make negative is 0. */
export function formatMs(difference: number): string {
  const ms = Math.max(0, difference)
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`
  return `${ms < 1 ? ms.toFixed(2) : ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`
}

/** A share of one core. */
export function formatShare(share: number): string {
  return `${Math.round(share * 100)} %`
}

/** `████░░░░  50 %`. */
export function formatBar(fraction: number, width: number): string {
  const part = Math.min(1, Math.max(0, fraction))
  const full = Math.round(part * width)
  return `${'█'.repeat(full)}${'░'.repeat(width - full)} ${String(Math.floor(part * 100)).padStart(3)} %`
}

/** `1.2 GB`, `640 B`. */
export function formatBytes(bytes: number): string {
  for (const [unit, size] of [
    ['TB', 1e12],
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3]
  ] as const) {
    if (bytes >= size) return `${(bytes / size).toFixed(1)} ${unit}`
  }
  return `${Math.round(bytes)} B`
}

/** `×3.4`, `×0.25`. */
export function formatFactor(factor: number): string {
  return `×${Number(factor.toPrecision(2))}`
}

/** `1.4 hours`, `25 minutes`, `12 days`. */
export function formatHours(hours: number): string {
  for (const [unit, size] of [
    ['year', 365 * 24],
    ['day', 24],
    ['hour', 1],
    ['minute', 1 / 60]
  ] as const) {
    const count = Number((hours / size).toPrecision(2))
    if (count >= 1 && (count >= 2 || unit === 'hour')) return `${formatCount(count)} ${unit}${count === 1 ? '' : 's'}`
  }
  return `${Number((hours * 3600).toPrecision(2))} seconds`
}

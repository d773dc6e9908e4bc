import type { Tal } from './tal.ts'

/** The bytes of a list that `parseTals` reads. Onset and duration are plain decimals with at most 12 digits behind the point. */
export function encodeTal({ onset, duration, texts }: Tal): Buffer {
  const sign = onset < 0 ? '-' : '+'
  const length = duration === undefined ? '' : `\x15${decimal(duration)}`
  const clean = texts.map((text) => text.replaceAll(/[\0\x14\x15]/g, ' ')) // oxlint-disable-line no-control-regex -- separators of the format
  return Buffer.from(`${sign}${decimal(Math.abs(onset))}${length}\x14${clean.join('\x14')}\x14\0`)
}

function decimal(value: number): string {
  return value.toFixed(12).replace(/\.?0+$/, '')
}

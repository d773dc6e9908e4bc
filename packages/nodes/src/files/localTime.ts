/** ns of UTC as local time without zone, to the microsecond: `2024-03-02T10:20:30.125000`. */
export function localTime(ns: bigint): string {
  const micros = ns / 1000n
  const date = new Date(Number(micros / 1000n))
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
  return `${local.toISOString().slice(0, 23)}${String(micros % 1000n).padStart(3, '0')}`
}

/** A local time without what says nothing: `2024-03-02T10:20:30.125`. */
export function withoutZeros(time: string): string {
  return time.replace(/\.?0*$/, '')
}

/** A local time so many seconds later, to the microsecond. */
export function addSeconds(time: string, seconds: number): string {
  const [whole = '', fraction = ''] = time.split('.')
  const micros = Number(fraction.padEnd(6, '0').slice(0, 6)) + Math.round(seconds * 1e6)
  const date = new Date(Date.parse(`${whole}Z`) + Math.floor(micros / 1e6) * 1000)
  const rest = ((micros % 1e6) + 1e6) % 1e6
  return `${date.toISOString().slice(0, 19)}.${String(rest).padStart(6, '0')}`
}

const PREFIXES: readonly (readonly [factor: number, prefix: string])[] = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
  [1, ''],
  [1e-3, 'm'],
  [1e-6, 'µ'],
  [1e-9, 'n'],
  [1e-12, 'p']
]

/** Units that take prefixes. */
const BASE = /^(?<prefix>[GMkmuµnp]?)(?<base>V|A|s|Hz|g|m|N|Pa|T|W|Ω|B)$/
const THIN_SPACE = '\u2009'

/** A value with three digits and the prefix that suits, e.g. `50 µV`; units that are none of ours are kept as they are. */
export function formatValue(value: number, unit: string): string {
  const match = BASE.exec(unit)
  if (match?.groups === undefined || value === 0 || !Number.isFinite(value)) return join(digits(value), unit)
  const { prefix = '', base = '' } = match.groups
  const given = PREFIXES.find(([, name]) => name === prefix.replace('u', 'µ'))![0]
  const absolute = Math.abs(value * given) * (1 + 1e-9)
  const [factor, name] = PREFIXES.find(([one]) => absolute >= one) ?? PREFIXES.at(-1)!
  return join(digits((value * given) / factor), name + base)
}

/** Seconds as a clock, e.g. `14:32` or `1:02:03`. */
export function formatClock(seconds: number): string {
  const whole = Math.floor(Math.max(0, seconds))
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const shown = parts[0] === 0 ? parts.slice(1) : parts
  return shown.map((part, k) => (k === 0 ? String(part) : String(part).padStart(2, '0'))).join(':')
}

function digits(value: number): string {
  return String(Number(value.toPrecision(3)))
}

function join(number: string, unit: string): string {
  return unit === '' ? number : `${number}${THIN_SPACE}${unit}`
}

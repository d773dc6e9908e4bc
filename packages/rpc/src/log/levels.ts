/** How grave a record is; on the wire these are Python's numbers 10, 20, 30 and 40. */
export type LogLevel = 'debug' | 'info' | 'warning' | 'error'

const NUMBERS = { debug: 10, info: 20, warning: 30, error: 40 } as const satisfies Record<LogLevel, number>

/**
 * Records below this number are not made. A plain variable, because every call of a logger reads it: a disabled call
 * must cost no more than a comparison (winston's own check costs 2.5 µs).
 */
export let threshold: number = NUMBERS.info

/** Python's number of a level. */
export function levelNumber(level: LogLevel): number {
  return NUMBERS[level]
}

/** The level that a Python number stands for: the highest one that is not above it, so 50 (CRITICAL) is `error`. */
export function levelOf(number: number): LogLevel {
  if (number >= NUMBERS.error) return 'error'
  if (number >= NUMBERS.warning) return 'warning'
  return number >= NUMBERS.info ? 'info' : 'debug'
}

/** Python's name of a level number: `DEBUG`, `INFO`, `WARNING`, `ERROR`. */
export function levelName(level: LogLevel): string {
  return level.toUpperCase()
}

/**
 * Sets from which level on this process makes records; a number is Python's. Default: `info`. Processes that are
 * spawned later start with it. Records that come from other processes are not filtered.
 */
export function setLogLevel(level: LogLevel | number): void {
  const number = typeof level === 'number' ? level : NUMBERS[level]
  if (!Number.isFinite(number)) {
    throw new RangeError(`log level: expected debug, info, warning, error or a number, got ${JSON.stringify(level)}`)
  }
  threshold = number
}

/** The level set by `setLogLevel`, as Python's number. */
export function logLevelNumber(): number {
  return threshold
}

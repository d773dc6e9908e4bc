const LEVELS = '▁▂▃▄▅▆▇█'

/**
 * One character per value, the higher the more. Values that are missing (NaN) are blank.
 * @param values such as the spread of a signal in each of as many pieces
 */
export function sparkline(values: readonly number[]): string {
  const finite = values.filter(Number.isFinite)
  const least = Math.min(...finite)
  const range = Math.max(...finite) - least
  return values
    .map((value) => {
      if (!Number.isFinite(value)) return ' '
      const level = range === 0 ? 0 : Math.round(((value - least) / range) * (LEVELS.length - 1))
      return LEVELS[level]
    })
    .join('')
}

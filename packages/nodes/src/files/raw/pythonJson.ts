/** Keys of stream properties whose whole numbers Python knows as floats: `1000.0`. */
const FLOAT_KEYS: ReadonlySet<string> = new Set(['sample_rate'])

/**
 * JSON exactly as Python's `json.dumps(value, sort_keys=True, indent=4, ensure_ascii=False)` prints it, as far as values
 * have a counterpart here. Whole numbers of a map print as floats under the keys in `floats`.
 */
export function pythonJson(value: unknown, floats: ReadonlySet<string> = FLOAT_KEYS): string {
  return print(value, '\n', floats, false)
}

function print(value: unknown, newline: string, floats: ReadonlySet<string>, isFloat: boolean): string {
  if (typeof value === 'number') return pythonNumber(value, isFloat)
  if (typeof value === 'bigint') return value.toString()
  if (Array.isArray(value)) {
    return block(
      '[]',
      value.map((item: unknown) => print(item, `${newline}    `, floats, isFloat)),
      newline
    )
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
    const printed = entries.map(
      ([key, item]) => `${JSON.stringify(key)}: ${print(item, `${newline}    `, floats, floats.has(key))}`
    )
    return block('{}', printed, newline)
  }
  return JSON.stringify(value) ?? 'null'
}

function block(brackets: string, items: readonly string[], newline: string): string {
  if (items.length === 0) return brackets
  return `${brackets[0]}${newline}    ${items.join(`,${newline}    `)}${newline}${brackets[1]}`
}

/** The shortest digits that give the number back, like JavaScript, but exponents as `1e-07` from 1e-5 down and 1e16 up. */
function pythonNumber(value: number, isFloat: boolean): string {
  if (!Number.isFinite(value)) return 'null'
  if (Number.isInteger(value) && !isFloat && Math.abs(value) < 1e21) return BigInt(value).toString()
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
  }
  const text = String(value)
  return Number.isInteger(value) ? `${Object.is(value, -0) ? '-0' : text}.0` : text
}

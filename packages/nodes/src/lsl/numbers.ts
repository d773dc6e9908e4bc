/** A number with 16 significant digits and a point, as LSL's headers have it: `100.0000000000000`. */
export function formatFixed(value: number): string {
  const text = value.toPrecision(16)
  return text.replace(/e([+-])(\d)$/, 'e$10$2')
}

/** A number as C's `%.<digits>g` prints it: `12.5`, `1e-07`. */
export function formatGeneral(value: number, digits: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value)
  const [mantissa = '', power = '0'] = value.toExponential(digits - 1).split('e')
  const exponent = Number(power)
  if (exponent >= -4 && exponent < digits) return trimZeros(value.toFixed(digits - 1 - exponent))
  const size = String(Math.abs(exponent)).padStart(2, '0')
  return `${trimZeros(mantissa)}e${exponent < 0 ? '-' : '+'}${size}`
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

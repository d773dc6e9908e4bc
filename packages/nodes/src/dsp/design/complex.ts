/** A complex number. Design works on a few dozen of them, so that plain objects are fast enough. */
export interface Complex {
  readonly re: number
  readonly im: number
}

export const ONE: Complex = { re: 1, im: 0 }

export function complex(re: number, im = 0): Complex {
  return { re, im }
}

/** e^{i·angle}, angle in radians. */
export function expI(angle: number): Complex {
  return { re: Math.cos(angle), im: Math.sin(angle) }
}

export function add(a: Complex, b: Complex): Complex {
  return { re: a.re + b.re, im: a.im + b.im }
}

export function sub(a: Complex, b: Complex): Complex {
  return { re: a.re - b.re, im: a.im - b.im }
}

export function mul(a: Complex, b: Complex): Complex {
  return { re: a.re * b.re - a.im * b.im, im: a.re * b.im + a.im * b.re }
}

export function scale(a: Complex, factor: number): Complex {
  return { re: a.re * factor, im: a.im * factor }
}

export function neg(a: Complex): Complex {
  return { re: -a.re, im: -a.im }
}

export function conj(a: Complex): Complex {
  return { re: a.re, im: -a.im }
}

/** |a| */
export function abs(a: Complex): number {
  return Math.hypot(a.re, a.im)
}

/** a / b by Smith's method (Communications of the ACM 5, 1962), in numpy's order of operations. */
export function div(a: Complex, b: Complex): Complex {
  if (Math.abs(b.re) >= Math.abs(b.im)) {
    const ratio = b.im / b.re
    const factor = 1 / (b.re + b.im * ratio)
    return { re: (a.re + a.im * ratio) * factor, im: (a.im - a.re * ratio) * factor }
  }
  const ratio = b.re / b.im
  const factor = 1 / (b.im + b.re * ratio)
  return { re: (a.re * ratio + a.im) * factor, im: (a.im * ratio - a.re) * factor }
}

/** Principal square root, without loss of digits where the parts nearly cancel. */
export function sqrt({ re, im }: Complex): Complex {
  if (im === 0) {
    return re < 0 ? { re: 0, im: withSignOf(Math.sqrt(-re), im) } : { re: Math.sqrt(re), im }
  }
  const length = Math.hypot(re, im)
  if (re > 0) {
    const root = Math.sqrt(0.5 * (length + re))
    return { re: root, im: (0.5 * im) / root }
  }
  const root = Math.sqrt(0.5 * (length - re))
  return { re: Math.abs((0.5 * im) / root), im: withSignOf(root, im) }
}

/** Product of all, from the first to the last; 1 for none. */
export function product(values: readonly Complex[]): Complex {
  return values.reduce(mul, ONE)
}

/** Whether the number lies on the real axis exactly. */
export function isReal(a: Complex): boolean {
  return a.im === 0
}

function withSignOf(size: number, sign: number): number {
  return sign < 0 || Object.is(sign, -0) ? -size : size
}

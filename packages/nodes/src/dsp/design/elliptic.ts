/*
 * Elliptic functions of a real argument, with the parameter m = k². Where 1 − m matters it is given itself, so that m may be
 * as near to 1 as numbers allow.
 */

/** sn, cn and dn of one argument. */
export interface Jacobi {
  readonly sn: number
  readonly cn: number
  readonly dn: number
}

/** Complete integral of the first kind K for 1 − m: π / 2 agm(1, √(1 − m)). DLMF 19.8.5. */
export function ellipkm1(complement: number): number {
  let a = 1
  let b = Math.sqrt(complement)
  while (Math.abs(a - b) > Number.EPSILON * a) [a, b] = [(a + b) / 2, Math.sqrt(a * b)]
  return Math.PI / (a + b)
}

/** Complete integral of the first kind K(m). */
export function ellipk(m: number): number {
  return ellipkm1(1 - m)
}

/** Jacobi's functions of `u` by the arithmetic-geometric mean and descending phases. DLMF 22.20(ii). */
export function ellipj(u: number, m: number): Jacobi {
  const means = [1]
  const halves = [Math.sqrt(m)]
  let b = Math.sqrt(1 - m)
  if (b === 0) return { sn: Math.tanh(u), cn: 1 / Math.cosh(u), dn: 1 / Math.cosh(u) }
  while (halves.at(-1)! > Number.EPSILON * means.at(-1)!) {
    const a = means.at(-1)!
    halves.push((a - b) / 2)
    means.push((a + b) / 2)
    b = Math.sqrt(a * b)
  }
  const last = means.length - 1
  let phase = 2 ** last * means[last]! * u
  let before = phase
  for (let n = last; n > 0; n--) {
    before = phase
    phase = (phase + Math.asin((halves[n]! * Math.sin(phase)) / means[n]!)) / 2
  }
  const sn = Math.sin(phase)
  const cn = Math.cos(phase)
  const factor = Math.cos(phase - before)
  const dn = last === 0 ? 1 : Math.abs(factor) < 0.1 ? Math.sqrt(1 - m * sn * sn) : cn / factor
  return { sn, cn, dn }
}

/**
 * The u for which sc(u, 1 − m) = `value`: inverse of sn on the imaginary axis, by Landen's descending transformation.
 * S. J. Orfanidis, Lecture Notes on Elliptic Filter Design, 2006, eq. 56.
 */
export function arcSc(value: number, m: number): number {
  let w = value
  let factor = 1
  for (let k = Math.sqrt(m); k !== 0;) {
    const complement = Math.sqrt((1 - k) * (1 + k))
    const next = (1 - complement) / (1 + complement)
    w = (2 * w) / ((1 + next) * (1 + Math.sqrt(1 + (k * w) ** 2)))
    factor *= 1 + next
    k = next
  }
  return factor * Math.asinh(w)
}

/**
 * Solves the degree equation n K'(m) / K(m) = K'(m1) / K(m1) for m by nomes.
 * S. J. Orfanidis, Lecture Notes on Elliptic Filter Design, 2006, eq. 49.
 */
export function ellipdeg(n: number, m1: number): number {
  const nome = Math.exp((-Math.PI * ellipkm1(m1)) / ellipk(m1) / n)
  let numerator = 0
  let denominator = 1
  for (let k = 0; k <= 7; k++) {
    numerator += nome ** (k * (k + 1))
    denominator += 2 * nome ** ((k + 1) ** 2)
  }
  return 16 * nome * (numerator / denominator) ** 4
}

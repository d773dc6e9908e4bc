/** The whole number at the end of a label (`S  5` → 5, `255` → 255), or 0 where there is none that fits into 32 bits. */
export function numberInLabel(label: string): number {
  const digits = /(?:^|[^\d.])(\d{1,10})\s*$/.exec(label)?.[1]
  const value = digits === undefined ? 0 : Number(digits)
  return value <= 0x7fff_ffff ? value : 0
}

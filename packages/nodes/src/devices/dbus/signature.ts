/** A type of D-Bus: one letter, or a container with what is in it. */
export type DBusType =
  | { readonly code: string; readonly alignment: number }
  | { readonly code: 'a'; readonly alignment: 4; readonly item: DBusType }
  | { readonly code: '(' | '{'; readonly alignment: 8; readonly fields: readonly DBusType[] }

const ALIGNMENTS: Readonly<Record<string, number>> = {
  y: 1,
  b: 4,
  n: 2,
  q: 2,
  i: 4,
  u: 4,
  x: 8,
  t: 8,
  d: 8,
  s: 4,
  o: 4,
  g: 1,
  v: 1
}
/** The specification allows 32 arrays and 32 structures within each other. */
const MAX_DEPTH = 64

/** The types of a signature such as `a{sv}u`, one after the other. @throws {RangeError} */
export function parseSignature(signature: string): DBusType[] {
  const types: DBusType[] = []
  let at = 0
  const fail = (): never => {
    throw new RangeError(`D-Bus signature '${signature}': unexpected '${signature[at] ?? 'end'}' at ${at}`)
  }
  const next = (depth: number): DBusType => {
    if (depth > MAX_DEPTH) fail()
    const code = signature[at] ?? fail()
    at += 1
    if (code === 'a') return { code, alignment: 4, item: next(depth + 1) }
    if (code === '(' || code === '{') {
      const end = code === '(' ? ')' : '}'
      const fields: DBusType[] = []
      while (signature[at] !== end) fields.push(next(depth + 1))
      at += 1
      return { code, alignment: 8, fields }
    }
    const alignment = ALIGNMENTS[code]
    if (alignment !== undefined) return { code, alignment }
    at -= 1
    return fail()
  }
  while (at < signature.length) types.push(next(0))
  return types
}

/** Members and kinds of values; of a list those of its first item. */
export function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf)
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shapeOf(member)]))
}

/** Where `got` is not what `wanted` says; more members than wanted, and lists that are filled, are good. */
export function differences(got: unknown, wanted: unknown, path = ''): string[] {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(got)) return [`${path}: no list`]
    return wanted.length > 0 && got.length > 0 ? differences(got[0], wanted[0], `${path}[0]`) : []
  }
  if (typeof wanted !== 'object' || wanted === null) return got === wanted ? [] : [`${path}: ${String(wanted)}`]
  if (typeof got !== 'object' || got === null) return [`${path}: no object`]
  return Object.entries(wanted).flatMap(([name, member]) =>
    differences((got as Record<string, unknown>)[name], member, `${path}.${name}`)
  )
}

/** `one of 'a', 'b'`, and the name that was probably meant. */
export function withNearest(names: readonly string[], given: unknown): string {
  const list = `one of ${names.map((name) => `'${name}'`).join(', ')}`
  if (typeof given !== 'string' || given.length > 40) return list
  const ranked = names
    .map((name) => ({ name, edits: editDistance(name.toLowerCase(), given.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits)
  const best = ranked[0]
  return best && best.edits <= Math.max(2, given.length / 2) && best.name !== '' ? `${list}; '${best.name}'?` : list
}

/** Letters to insert, delete or replace to make one text of the other. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}

/** Number of single-character edits (insert, delete, replace, swap of neighbours) between two texts. */
function editDistance(a: string, b: string): number {
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1] ? 0 : 1
      let best = Math.min(previous[column]! + 1, current[column - 1]! + 1, previous[column - 1]! + same)
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1])
        best = Math.min(best, before[column - 2]! + 1)
      current.push(best)
    }
    before = previous
    previous = current
  }
  return previous[b.length]!
}

/** Letters only: `sample_rate`, `Sample-Rate` and `sampleRate` are the same word. */
const plain = (word: string) => word.toLowerCase().replaceAll(/[^a-z0-9.]/g, '')

/**
 * The names that somebody who typed `wrong` most likely meant, best first, at most three; none when none is similar.
 * Case, `_` and `-` do not count; a third of the letters (at least one) may be wrong.
 */
export function nearestNames(wrong: string, names: Iterable<string>): string[] {
  const word = plain(wrong)
  // Of one letter nothing may be wrong.
  const limit = Math.min(word.length, Math.max(1, Math.floor(word.length / 3)) + 1)
  const distanceTo = (name: string) => {
    const candidate = plain(name)
    const isStart = word.length >= 3 && candidate.startsWith(word)
    return isStart ? Math.min(1, candidate.length - word.length) : editDistance(word, candidate)
  }
  return [...names]
    .map((name) => ({ name, distance: distanceTo(name) }))
    .filter(({ distance }) => distance < limit)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name)
}

/** `one of 'a', 'b'`, and the name that was probably meant. */
export function withNearest(names: readonly string[], given: unknown): string {
  const list = `one of ${names.map((name) => `'${name}'`).join(', ')}`
  const [best] = typeof given === 'string' && given.length <= 40 ? nearestNames(given, names) : []
  return best ? `${list}; '${best}'?` : list
}

/** Levenshtein distance of two words, without regard to case. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1
      current[j] = Math.min(previous[j]! + 1, current[j - 1]! + 1, previous[j - 1]! + change)
    }
    previous = current
  }
  return previous[b.length]!
}

/** The names that `wanted` was probably meant to be, best first, at most three; empty when none is close. */
export function nearestNames(wanted: string, names: Iterable<string>): string[] {
  const word = wanted.toLowerCase()
  const limit = Math.max(2, Math.floor(word.length / 3))
  return [...names]
    .map((name) => {
      const other = name.toLowerCase()
      const within = word.length > 2 && (other.includes(word) || word.includes(other))
      return { name, distance: Math.min(distance(word, other), within ? 1.5 : Infinity) }
    })
    .filter((candidate) => candidate.distance <= limit)
    .sort((a, b) => a.distance - b.distance || a.name.localeCompare(b.name))
    .slice(0, 3)
    .map((candidate) => candidate.name)
}

/** A node as a place in the graph: its name and the names of the nodes it gets data from. */
export interface Place {
  readonly name: string
  readonly sources: readonly string[]
}

/**
 * Groups nodes so that each stands behind everything it gets data from: `[sources, their consumers, …]`. Sources that
 * are not in the list count as outside the graph; in a cycle the nodes of it share a level.
 */
export function levels<P extends Place>(places: readonly P[]): P[][] {
  const byName = new Map(places.map((place) => [place.name, place]))
  const depths = new Map<string, number>()
  const depthOf = (place: P, path: ReadonlySet<string>): number => {
    const known = depths.get(place.name)
    if (known !== undefined) return known
    const deeper = new Set(path).add(place.name)
    let depth = 0
    for (const name of place.sources) {
      const source = byName.get(name)
      if (source && !deeper.has(name)) depth = Math.max(depth, depthOf(source, deeper) + 1)
    }
    depths.set(place.name, depth)
    return depth
  }
  const result: P[][] = []
  for (const place of places) (result[depthOf(place, new Set())] ??= []).push(place)
  return result.filter((level) => level !== undefined)
}

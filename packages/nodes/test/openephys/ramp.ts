/** Number of each sample in the period of the simulator's ramp, which is 1000 samples over 200 µV in the last channel. */
export function placesOf(rows: readonly (readonly number[])[]): number[] {
  return rows.map((row) => Math.round(row.at(-1)! * 5 + 500))
}

/** From each sample to the next, in samples of the ramp. */
export function stepsOf(rows: readonly (readonly number[])[]): number[] {
  const places = placesOf(rows)
  return places.slice(1).map((place, k) => (place - places[k]! + 1000) % 1000)
}

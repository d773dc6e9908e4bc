/** @throws RangeError unless `0 ≤ from ≤ to ≤ sampleCount`, all whole */
export function checkRange(
  stream: { readonly name: string; readonly sampleCount: number },
  from: number,
  to: number
): void {
  if (Number.isInteger(from) && Number.isInteger(to) && 0 <= from && from <= to && to <= stream.sampleCount) return
  throw new RangeError(`stream '${stream.name}': expected rows within [0, ${stream.sampleCount}], got [${from}, ${to})`)
}

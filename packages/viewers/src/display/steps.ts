/** The steps 1, 2, 5, 10 … nearest below or at a value above 0. */
function floorStep(value: number): number {
  const decade = 10 ** Math.floor(Math.log10(value) + 1e-9)
  const lead = value / decade
  return (lead >= 5 - 1e-9 ? 5 : lead >= 2 - 1e-9 ? 2 : 1) * decade
}

/** The next step of 1-2-5 above (`direction` 1) or below (-1) a value above 0. */
export function nextStep(value: number, direction: 1 | -1): number {
  const at = floorStep(value)
  const isOnStep = Math.abs(at - value) <= 1e-6 * value
  if (direction < 0) return clean(isOnStep ? floorStep(at * 0.99) : at)
  const lead = Math.round(at / 10 ** Math.floor(Math.log10(at) + 1e-9))
  return clean(at * (lead === 2 ? 2.5 : 2))
}

/** The step of 1-2-5 of which at most `count` fit into `range`. */
export function stepFor(range: number, count: number): number {
  const least = range / Math.max(1, count)
  const step = floorStep(least)
  return step >= least * (1 - 1e-9) ? clean(step) : nextStep(step, 1)
}

/** Multiples of `step` in `[from, to]`. */
export function ticks(from: number, to: number, step: number): number[] {
  const first = Math.ceil(from / step - 1e-9)
  const last = Math.floor(to / step + 1e-9)
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, k) => clean((first + k) * step))
}

/** Without the last digits that powers of ten leave. */
function clean(value: number): number {
  return Number(value.toPrecision(12))
}

/** How many V one of a unit of voltage is; undefined for any other unit. */
export function voltsOf(unit = ''): number | undefined {
  const prefix = /^([nuµμm]?)V$/.exec(unit)?.[1]
  return prefix === undefined ? undefined : ({ n: 1e-9, m: 1e-3, '': 1 }[prefix] ?? 1e-6)
}

/** Where a signal of EDF or BDF lies: limits as their eight characters say them, and what a reader computes from these. */
export interface EdfScaling {
  readonly unit: string
  readonly digitalMin: number
  readonly digitalMax: number
  readonly physicalMinField: string
  readonly physicalMaxField: string
  /** physical = storedOffset + storedGain × digital */
  readonly storedGain: number
  readonly storedOffset: number
  /** Of the gain that was wanted. */
  readonly relativeGainError: number
}

export const EDF_RANGE = { EDF: [-32_768, 32_767], BDF: [-8_388_608, 8_388_607] } as const

export type EdfKind = keyof typeof EDF_RANGE

/** A unit, and the next larger one, so many times. */
const LARGER: Readonly<Record<string, readonly [unit: string, factor: number]>> = {
  nV: ['uV', 1000],
  uV: ['mV', 1000],
  mV: ['V', 1000],
  V: ['kV', 1000],
  ug: ['mg', 1000],
  mg: ['g', 1000]
}

/**
 * The decimal of at most eight characters nearest to a number, without exponent; undefined when none comes near.
 * Zero and one are as good as any other decimal.
 */
export function field8(value: number): string | undefined {
  for (let digits = 7; digits >= 0; digits--) {
    const text = value.toFixed(digits)
    const short = digits === 0 ? text : text.replace(/\.?0+$/, '')
    if (short.length <= 8) return short === '-0' ? '0' : short
  }
  return undefined
}

/**
 * Limits for integers of a range that are stored as they are: physical = gain × digital + offset. A limit that does not fit is said
 * in the next larger unit. Undefined where that does not help.
 */
export function scalingOfIntegers(
  wanted: { readonly gain: number; readonly offset: number; readonly unit: string },
  [digitalMin, digitalMax]: readonly [number, number]
): EdfScaling | undefined {
  const { gain, offset, unit } = wanted
  const min = field8(gain * digitalMin + offset)
  const max = field8(gain * digitalMax + offset)
  if (min === undefined || max === undefined || Number(min) === Number(max)) {
    const larger = LARGER[unit]
    if (larger === undefined || min !== undefined) return undefined
    const [name, factor] = larger
    return scalingOfIntegers({ gain: gain / factor, offset: offset / factor, unit: name }, [digitalMin, digitalMax])
  }
  return scalingOf({ unit, digitalMin, digitalMax, physicalMinField: min, physicalMaxField: max }, gain)
}

/** Limits that hold all values from `least` to `greatest`, over the whole range of the format. */
export function scalingOfRange(
  { least, greatest, unit }: { readonly least: number; readonly greatest: number; readonly unit: string },
  kind: EdfKind
): EdfScaling | undefined {
  const [digitalMin, digitalMax] = EDF_RANGE[kind]
  const spread = greatest > least ? greatest - least : Math.max(Math.abs(greatest), 1)
  // A little wider, so that the rounded limits hold the values too.
  const min = field8(least - spread * 1e-4)
  const max = field8(greatest + spread * 1e-4)
  const isEnough =
    min !== undefined &&
    max !== undefined &&
    Number(min) <= least &&
    Number(max) >= greatest &&
    Number(max) > Number(min)
  if (isEnough) {
    const limits = { unit, digitalMin, digitalMax, physicalMinField: min, physicalMaxField: max }
    return scalingOf(limits, (Number(max) - Number(min)) / (digitalMax - digitalMin))
  }
  const larger = LARGER[unit]
  if (larger === undefined) return undefined
  const [name, factor] = larger
  return scalingOfRange({ least: least / factor, greatest: greatest / factor, unit: name }, kind)
}

function scalingOf(
  limits: Omit<EdfScaling, 'storedGain' | 'storedOffset' | 'relativeGainError'>,
  gain: number
): EdfScaling {
  const [min, max] = [Number(limits.physicalMinField), Number(limits.physicalMaxField)]
  const storedGain = (max - min) / (limits.digitalMax - limits.digitalMin)
  const storedOffset = min - storedGain * limits.digitalMin
  return { ...limits, storedGain, storedOffset, relativeGainError: Math.abs(storedGain / gain - 1) }
}

/** `µV` and its kin in ASCII, at most eight characters. */
export function asciiUnit(unit = ''): string {
  return unit
    .replaceAll(/[µμ]/g, 'u')
    .replaceAll('°', 'deg')
    .replaceAll(/[^\x20-\x7e]/g, '')
    .slice(0, 8)
}

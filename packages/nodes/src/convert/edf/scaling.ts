/** Where a signal of EDF or BDF lies: limits as their eight characters say them, and what a reader computes from these. */
export interface EdfScaling {
  readonly unit: string
  /** How many of the unit that was wanted are one of this. */
  readonly unitFactor: number
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

/** The next larger unit, a thousand times as large. */
const LARGER: Readonly<Record<string, string>> = { nV: 'uV', uV: 'mV', mV: 'V', V: 'kV', ug: 'mg', mg: 'g' }

const SMALLER: Readonly<Record<string, string>> = { V: 'mV', mV: 'uV', uV: 'nV' }

/** Of a unit without a larger one, a power of ten: `1e3 degC`. Undefined when that does not fit into eight characters. */
function largerUnit(unit: string): string | undefined {
  const [, power = '0', plain = unit] = /^1e(\d+) ?(.*)$/.exec(unit) ?? []
  const larger = LARGER[unit] ?? `1e${Number(power) + 3} ${plain}`.trim()
  return larger.length <= 8 && Number(power) < 30 ? larger : undefined
}

/**
 * The decimal of at most eight characters nearest to a number (or the nearest that is not above or below it), without exponent;
 * undefined when none comes near.
 */
export function field8(value: number, rounding: 'nearest' | 'down' | 'up' = 'nearest'): string | undefined {
  for (let digits = 7; digits >= 0; digits--) {
    const text = rounded(value, digits, rounding).toFixed(digits)
    const short = digits === 0 ? text : text.replace(/\.?0+$/, '')
    if (short.length <= 8) return short === '-0' ? '0' : short
  }
  return undefined
}

function rounded(value: number, digits: number, rounding: 'nearest' | 'down' | 'up'): number {
  const near = Number(value.toFixed(digits))
  if (rounding === 'down' && near > value) return near - 10 ** -digits
  return rounding === 'up' && near < value ? near + 10 ** -digits : near
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
    const larger = largerUnit(unit)
    // A range that vanishes in the digits does so all the more in a larger unit.
    if (larger === undefined || (min !== undefined && max !== undefined)) return undefined
    const wider = { gain: gain / 1000, offset: offset / 1000, unit: larger }
    return inLargerUnit(scalingOfIntegers(wider, [digitalMin, digitalMax]))
  }
  return scalingOfLimits({ unit, digitalMin, digitalMax, physicalMinField: min, physicalMaxField: max }, gain)
}

/** Limits that hold all values from `least` to `greatest`, over the whole range of the format. */
export function scalingOfRange(
  { least, greatest, unit }: { readonly least: number; readonly greatest: number; readonly unit: string },
  kind: EdfKind
): EdfScaling | undefined {
  const [digitalMin, digitalMax] = EDF_RANGE[kind]
  const spread = greatest > least ? greatest - least : Math.max(Math.abs(greatest), 1)
  // A little wider, so that the ends are not clipped by what rounding does.
  const [low, high] = [least - spread * 1e-4, greatest + spread * 1e-4]
  const smaller = SMALLER[unit]
  // Eight characters say little of small numbers.
  if (Math.max(Math.abs(low), Math.abs(high)) < 0.1 && smaller !== undefined) {
    const scaling = scalingOfRange({ least: least * 1000, greatest: greatest * 1000, unit: smaller }, kind)
    return scaling && { ...scaling, unitFactor: scaling.unitFactor / 1000 }
  }
  const [min, max] = [field8(low, 'down'), field8(high, 'up')]
  if (min !== undefined && max !== undefined) {
    const limits = { unit, digitalMin, digitalMax, physicalMinField: min, physicalMaxField: max }
    return scalingOfLimits(limits, (Number(max) - Number(min)) / (digitalMax - digitalMin))
  }
  const larger = largerUnit(unit)
  if (larger === undefined) return undefined
  return inLargerUnit(scalingOfRange({ least: least / 1000, greatest: greatest / 1000, unit: larger }, kind))
}

function inLargerUnit(scaling: EdfScaling | undefined): EdfScaling | undefined {
  return scaling && { ...scaling, unitFactor: scaling.unitFactor * 1000 }
}

/** What a reader computes from limits. @param gain that was wanted */
export function scalingOfLimits(
  limits: Omit<EdfScaling, 'unitFactor' | 'storedGain' | 'storedOffset' | 'relativeGainError'>,
  gain: number
): EdfScaling {
  const [min, max] = [Number(limits.physicalMinField), Number(limits.physicalMaxField)]
  const storedGain = (max - min) / (limits.digitalMax - limits.digitalMin)
  const storedOffset = min - storedGain * limits.digitalMin
  return { ...limits, unitFactor: 1, storedGain, storedOffset, relativeGainError: Math.abs(storedGain / gain - 1) }
}

/** `µV` and its kin in ASCII, at most eight characters. */
export function asciiUnit(unit = ''): string {
  return unit
    .replaceAll(/[µμ]/g, 'u')
    .replaceAll('°', 'deg')
    .replaceAll(/[^\x20-\x7e]/g, '')
    .slice(0, 8)
}

import { ConfigError } from '@nodeacq/core'
import { nearestNames } from '@nodeacq/stream'

/**
 * Signal types of TiA by the number of their bit in a packet's flags: the name that is sent first, then what other
 * programs call it. The first names are those that libtia reads; the tables of TiA 1.0 and of pytia differ.
 */
const NAMES: Readonly<Record<number, readonly string[]>> = {
  0: ['eeg'],
  1: ['emg'],
  2: ['eog'],
  3: ['ecg'],
  4: ['hr'],
  5: ['bp'],
  6: ['button', 'buttons'],
  7: ['joystick', 'axis', 'axes'],
  8: ['sensor', 'sensors'],
  9: ['nirs'],
  10: ['fmri'],
  11: ['keycode', 'mouse'],
  12: ['mouse-button'],
  16: ['user1', 'user_1'],
  17: ['user2', 'user_2'],
  18: ['user3', 'user_3'],
  19: ['user4', 'user_4'],
  20: ['undefined'],
  21: ['event']
}

const BITS: ReadonlyMap<string, number> = new Map(
  Object.entries(NAMES).flatMap(([bit, names]) => names.map((name) => [name, Number(bit)] as const))
)

/** Names by which signals are announced. */
export const SIGNAL_TYPES: readonly string[] = Object.values(NAMES).map(([name]) => name!)

/**
 * The bit of a signal type, given by any of its names, in any case, or by its flag (a power of two).
 * @throws {RangeError} naming the nearest
 */
export function signalBitOf(type: string | number): number {
  const bit = typeof type === 'string' ? BITS.get(type.toLowerCase()) : bitOfFlag(type)
  if (bit !== undefined) return bit
  const [near] = typeof type === 'string' ? nearestNames(type, [...BITS.keys()]) : []
  const hint = near === undefined ? `expected one of ${SIGNAL_TYPES.join(', ')}` : `did you mean '${near}'?`
  throw new RangeError(`TiA: unknown signal type '${type}'; ${hint}`)
}

/** The bit of a type that a user gave. @throws {ConfigError} */
export function chosenSignalBit(type: string | number, subject: string): number {
  try {
    return signalBitOf(type)
  } catch (cause) {
    throw new ConfigError(subject, [(cause as RangeError).message])
  }
}

/** The name by which a signal is announced; of a bit that no table has, its flag in hexadecimal. */
export function signalTypeOf(bit: number): string {
  return NAMES[bit]?.[0] ?? `0x${(2 ** bit).toString(16)}`
}

function bitOfFlag(flag: number): number | undefined {
  const bit = Math.log2(flag)
  return NAMES[bit] === undefined ? undefined : bit
}

import { expect, test } from 'vitest'
import { SIGNAL_TYPES, signalBitOf, signalTypeOf } from './signalTypes.ts'

test('the names of libtia, of pytia and of the document mean the same bits', () => {
  expect(signalBitOf('EEG')).toBe(0)
  expect(signalBitOf('joystick')).toBe(signalBitOf('axes'))
  expect(signalBitOf('sensors')).toBe(8)
  expect(signalBitOf('mouse')).toBe(signalBitOf('keycode'))
  expect(signalBitOf('user_4')).toBe(19)
  expect(signalBitOf(0x200000)).toBe(21)
  for (const type of SIGNAL_TYPES) expect(signalTypeOf(signalBitOf(type))).toBe(type)
})

test('an unknown type is refused with the nearest', () => {
  expect(() => signalBitOf('user5')).toThrow(/'user5'; did you mean 'user\d'/)
  expect(() => signalBitOf(3)).toThrow('expected one of eeg')
  expect(() => signalBitOf(2 ** 30)).toThrow(RangeError)
})

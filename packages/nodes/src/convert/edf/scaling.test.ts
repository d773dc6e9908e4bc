import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { encodeTal } from '../../files/edf/encodeTal.ts'
import { EDF_RANGE, field8, scalingOfIntegers, scalingOfRange, type EdfKind } from './scaling.ts'

interface Case {
  name: string
  kind: EdfKind
  unit: string
  gain: number
  offset: number
  digitalMin: number
  physicalMinField?: string
  physicalMaxField?: string
  storedGain?: number
  relativeGainError?: number
}

const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../test/fixtures/edf/${name}`, import.meta.url), 'utf8'))
const { cases } = fixture('scaling.json') as { cases: Case[] }
const isWholeRange = ({ kind, digitalMin }: Case) => digitalMin === (kind === 'EDF' ? -32_768 : -8_388_608)

const whole = cases.filter((each) => isWholeRange(each) && each.gain !== undefined)

test.each(whole.filter((each) => each.physicalMinField !== undefined))('limits of $name', (given) => {
  const found = scalingOfIntegers(given, EDF_RANGE[given.kind])
  expect(found).toMatchObject({ physicalMinField: given.physicalMinField, physicalMaxField: given.physicalMaxField })
  expect(found!.storedGain).toBeCloseTo(given.storedGain!, 12)
  expect(found!.relativeGainError).toBeCloseTo(given.relativeGainError!, 9)
})

test.each(whole.filter((each) => each.physicalMinField === undefined))('$name is said in a larger unit', (given) => {
  const limits = { unit: 'mV', physicalMinField: '-10000', physicalMaxField: '9999.695' }
  expect(scalingOfIntegers(given, EDF_RANGE[given.kind])).toMatchObject(limits)
})

test.each([
  [0, '0'],
  [-0.00000001, '0'],
  [1234567.89, '1234568'],
  [-1234567.8, '-1234568'],
  [-12345678, undefined],
  [0.000012345678, '0.000012'],
  [99999999.4, '99999999'],
  [123456789, undefined]
])('%d in eight characters is %s', (value, text) => {
  expect(field8(value)).toBe(text)
})

test('limits of a range hold its ends', () => {
  const { storedGain, storedOffset, digitalMin, digitalMax } = scalingOfRange(
    { least: -3.3e-5, greatest: 187.25, unit: 'uV' },
    'EDF'
  )!
  expect(storedOffset + storedGain * digitalMin).toBeLessThanOrEqual(-3.3e-5)
  expect(storedOffset + storedGain * digitalMax).toBeGreaterThanOrEqual(187.25)
  expect(scalingOfRange({ least: -4e9, greatest: 4e9, unit: 'uV' }, 'EDF')!.unit).toBe('mV')
})

test.each(
  (fixture('tal.json') as { cases: { onset: string; duration: string | null; texts: string[]; hex: string }[] }).cases
)('list $onset $texts', ({ onset, duration, texts, hex }) => {
  const tal = { onset: Number(onset), duration: duration === null ? undefined : Number(duration), texts }
  expect(encodeTal(tal).toString('hex')).toBe(hex)
})

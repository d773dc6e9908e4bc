import { seededRandom } from 'testing'
import { expect, test } from 'vitest'
import { SpecError } from '../errors.ts'
import { checkDeviceTime, DeviceClock, Unwrapper } from './DeviceClock.ts'

const SEED = Number(process.env['NODEACQ_SEED'] ?? 1)

test('the times of a device whose counter of 16 or 32 bits wraps are within their uncertainty', () => {
  for (let n = 0; n < 300; n++) {
    const random = seededRandom(SEED + n)
    const period = 10 ** (3 * random() - 2) * (1 + 1e-4 * random())
    // What the counter shows is cut to its unit.
    const unit = 10 ** -Math.floor(4 * random())
    const wrap = 2 ** (random() < 0.5 ? 16 : 32) * unit
    const start = wrap * random()
    const truth = (index: number): number => start + index * period
    const clock = new DeviceClock()
    const unwrapper = new Unwrapper()
    let index = 0
    // How often it had begun again before anybody looked, nobody can know.
    let earlier = Number.NaN
    for (let i = 0; i < 200; i++) {
      // Pauses too, longer than a wrap.
      index += Math.ceil((random() < 0.02 ? 3 * wrap * random() : 50 + 100 * random()) / period)
      const shown = Math.floor((truth(index) % wrap) / unit) * unit
      if (i === 0) earlier = truth(index) - (truth(index) % wrap)
      const at = 1e6 + truth(index) * (1 + 2e-5) + Math.min(5, wrap / 10) * random()
      clock.mark({ index, time: unwrapper.unwrap(shown, wrap, at) + unit / 2, uncertainty: unit / 2 + 1e-6 })
      const asked = Math.floor(index * (0.5 + 0.6 * random()))
      const found = clock.timeOf(asked)
      expect(found === undefined).toBe(i === 0)
      const error = found === undefined ? 0 : Math.abs(found.time + earlier - truth(asked)) - found.uncertainty
      expect(error, `seed ${SEED + n}, mark ${i}`).toBeLessThanOrEqual(1e-6 * (1 + period))
    }
  }
})

test('a device that starts its clock again is followed from there', () => {
  const clock = new DeviceClock()
  for (let index = 0; index < 1000; index += 100) clock.mark({ index, time: 5e5 + index, uncertainty: 0.1 })
  for (let index = 1000; index < 2000; index += 100) clock.mark({ index, time: index - 1000, uncertainty: 0.1 })
  const found = clock.timeOf(1500)!
  expect(Math.abs(found.time - 500)).toBeLessThanOrEqual(found.uncertainty)
})

test('times that are less sure than they are said to be give no absurd ones', () => {
  const random = seededRandom(SEED)
  const clock = new DeviceClock()
  for (let index = 0; index < 5000; index += 25) {
    clock.mark({ index, time: 1e12 + 2 * index + 8 * random(), uncertainty: 1 })
    // What is known of far away may be little; it is not that a sample takes hours.
    const { time } = clock.timeOf(20) ?? { time: 1e12 }
    expect(Math.abs(time - 1e12 - 40)).toBeLessThan(1e5)
  }
})

test.for([
  ['index', [1.5, 0, {}]],
  ['index', [-1, 0, {}]],
  ['time', [0, Number.NaN, {}]],
  ['uncertainty', [0, 0, { uncertainty: -1 }]],
  ['wrap', [0, 0, { wrap: 0 }]]
] as const)('a wrong %s is refused', ([key, [index, time, options]]) => {
  const call = (): void => checkDeviceTime(index, time, options, `OutputStream 'signals'`)
  expect(call).toThrow(SpecError)
  expect(call).toThrow(`OutputStream 'signals': device time: ${key}: expected`)
})

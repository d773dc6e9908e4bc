import { expect, test } from 'vitest'
import { ramp } from './ramp.ts'

test('every value tells its sample and its channel', () => {
  const chunk = ramp({ from: 10, samples: 2, channels: 3 })
  expect(chunk.toNested()).toEqual([
    [30, 31, 32],
    [33, 34, 35]
  ])
  expect(chunk.dtype.name).toBe('float32')
})

test('chunks that follow each other are one ramp', () => {
  const whole = ramp({ samples: 5, channels: 2, dtype: 'int64' })
  expect(whole.slice(3, 5).equals(ramp({ from: 3, samples: 2, channels: 2, dtype: 'int64' }))).toBe(true)
})

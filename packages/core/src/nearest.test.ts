import { expect, test } from 'vitest'
import { nearestNames } from './nearest.ts'

test('the nearest names come first, far ones not at all', () => {
  const names = ['SosFilter', 'StreamMonitor', 'RawRecorder', 'NoiseGenerator']
  expect(nearestNames('SosFiltr', names)).toEqual(['SosFilter'])
  expect(nearestNames('sosfilter', names)).toEqual(['SosFilter'])
  expect(nearestNames('noise', names)).toEqual(['NoiseGenerator'])
  expect(nearestNames('Oscilloscope', names)).toEqual([])
})

import { expect, test } from 'vitest'
import { nearest } from './nearest.ts'

const names = ['SosFilter', 'RawRecorder', 'sampleRate', 'channelCount', 'tcp', 'a']

test.each([
  ['SosFiltr', 'SosFilter'],
  ['sosfilter', 'SosFilter'],
  ['sample_rate', 'sampleRate'],
  ['smapleRate', 'sampleRate'],
  ['samp', 'sampleRate'],
  ['chanelcount', 'channelCount'],
  ['tpc', 'tcp']
])('%s was meant to be %s', (wrong, right) => expect(nearest(wrong, names)).toBe(right))

test.each(['b', '', 'oscilloscope', '??', 'udp'])('%j is near nothing', (wrong) => {
  expect(nearest(wrong, names)).toBeUndefined()
})

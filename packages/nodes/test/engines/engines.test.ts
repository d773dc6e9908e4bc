import { FilterError, engineNames, getEngine, registerEngine } from '@nodeacq/nodes'
import { expect, test } from 'vitest'

test('pyacq’s names mean auto', () => {
  for (const name of ['auto', 'scipy', 'opencl', 'opencl2', 'opencl3', null, undefined]) {
    expect(getEngine(name)).toBe(getEngine())
  }
})

test('an unknown engine is refused with the names there are', () => {
  expect(() => getEngine('cuda')).toThrow(FilterError)
  expect(() => getEngine('cuda')).toThrow(/auto, .*js/)
})

test('a registered engine is known by its name, and auto does not take it', () => {
  const auto = getEngine()
  const mine = Object.assign(Object.create(getEngine('js')) as ReturnType<typeof getEngine>, {})
  registerEngine('mine', () => mine)
  expect(getEngine('mine')).toBe(mine)
  expect(engineNames()).toContain('mine')
  expect(getEngine('auto')).toBe(auto)
  registerEngine('absent', () => undefined)
  expect(() => getEngine('absent')).toThrow(/this machine/)
})

test('a chunk that is no whole number of samples is refused', () => {
  const kernel = getEngine('js').matrix([[1, 1]], { channelCount: 2 })
  expect(() => kernel.process(new Float32Array(5), new Float32Array(2))).toThrow(/whole samples of 2 channels/)
})

import { getNodeType } from '@nodeacq/core'
import { NdArray } from '@nodeacq/ndarray'
import { OutputStream } from '@nodeacq/stream'
import { waitFor } from 'testing'
import { expect, test } from 'vitest'
import { DigitalOscilloscope, Oscilloscope } from '../src/index.ts'
import { Page } from './Page.ts'

test('a pulse of one sample on one line is seen, and on no other', async () => {
  await using output = new OutputStream(
    { dtype: 'uint16', shape: [-1, 1], sampleRate: 10_000, streamType: 'digitalsignal' },
    { node: 'dio', name: 'signals' }
  )
  await output.configure()
  await using scope = new DigitalOscilloscope({ name: 'lines' })
  await scope.configure({ max_xsize: 20 })
  await scope.input.connect(output)
  await scope.initialize()
  await scope.start()
  const words = new Uint16Array(10_000).fill(1)
  words[7777] = 1 | (1 << 11)
  await output.send(NdArray.fromTyped(words, [10_000, 1]), 10_000)
  await waitFor(() => scope.input.status().next === 10_000)
  const page = await Page.open(scope.url())
  page.say({ type: 'subscribe', id: 1, node: 'lines', channels: [0, 10, 11], width: 100, window: 1 })
  const { signal, params } = await page.hears('subscribed')
  expect(signal!.channels.map(({ name }) => name)).toEqual(Array.from({ length: 16 }, (_, c) => `ch${c}`))
  expect(params).toMatchObject({ isAutoScaled: false, channels: { ch15: { gain: 0.8, offset: 0 } } })
  await waitFor(() => page.columns.length > 0)
  const { values, samplesPerColumn, first } = page.columns[0]!
  const seen = [0, 1, 2].map((c) =>
    Array.from({ length: values.length / 6 }, (_, k) => [values[6 * k + 2 * c], values[6 * k + 2 * c + 1]])
  )
  expect(seen[0]!.every(([min, max]) => min === 1 && max === 1)).toBe(true)
  expect(seen[1]!.every(([min, max]) => min === 0 && max === 0)).toBe(true)
  const pulses = seen[2]!.flatMap(([min, max], k) => (max === 1 ? [[min, first + k * samplesPerColumn]] : []))
  expect(pulses).toEqual([[0, Math.floor(7777 / samplesPerColumn) * samplesPerColumn]])
  page.close()
})

test('analog signals are refused', async () => {
  await using output = new OutputStream({ dtype: 'float32', shape: [-1, 1], sampleRate: 1000 })
  await output.configure()
  await using scope = new DigitalOscilloscope({ name: 'lines' })
  await scope.configure()
  await scope.input.connect(output)
  await expect(scope.initialize()).rejects.toThrow(/expected integers of shape \(samples, channels\)/)
})

test('oscilloscopes go by the names of pyacq too', () => {
  expect(getNodeType('QOscilloscope')).toBe(Oscilloscope)
  expect(getNodeType('QDigitalOscilloscope')).toBe(DigitalOscilloscope)
})

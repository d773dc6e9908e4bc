import { waitFor } from 'testing'
import { expect, test } from 'vitest'
import { Page } from './Page.ts'
import { RATE, viewerOf } from './spectrumRig.ts'

test('the power of a sine is where and as large as it should be', async () => {
  const waves = [
    { frequency: 50, height: 3 },
    { frequency: 120, height: 0.5 }
  ]
  await using rig = await viewerOf(waves, { duration: 0.5, averages: 3 })
  await rig.send(0, 4000)
  const page = await Page.open(rig.viewer.url())
  page.say({ type: 'subscribe', id: 1, node: 'spectrum', channels: [1, 0], width: 1, window: 1 })
  expect((await page.hears('subscribed')).bucket).toBe(500)
  await waitFor(() => page.columns.length > 0)
  const { type, columns: bins, channels, samplesPerColumn, values } = page.columns[0]!
  expect({ type, bins, channels, samplesPerColumn }).toEqual({
    type: 'spectrum',
    bins: 251,
    channels: 2,
    samplesPerColumn: 500
  })
  const step = RATE / samplesPerColumn
  for (const [k, { frequency, height }] of [waves[1]!, waves[0]!].entries()) {
    const power = [...values.slice(k * bins, (k + 1) * bins)]
    expect(power.indexOf(Math.max(...power)) * step).toBe(frequency)
    // Parseval; the stream's own scale counts.
    const variance = power.reduce((sum, value) => sum + value, 0) * step
    expect(variance).toBeCloseTo((2 * height) ** 2 / 2, 3)
  }
  page.close()
})

test('windows with missing samples are left out', async () => {
  await using rig = await viewerOf([{ frequency: 100, height: 1 }], { duration: 1, averages: 1 })
  await rig.send(0, 1000)
  await rig.send(1500, 400)
  const page = await Page.open(rig.viewer.url())
  page.say({ type: 'subscribe', id: 1, node: 'spectrum', channels: [0], width: 1, window: 1 })
  await waitFor(() => page.columns.length > 0)
  expect([...page.columns[0]!.values].every(Number.isNaN)).toBe(true)
  await rig.send(1900, 700)
  await waitFor(() => page.columns.length > 1)
  expect(page.columns[1]!.values[100]).toBeCloseTo(4 / 3, 2)
  page.close()
})

test('another window length is told before its spectra', async () => {
  await using rig = await viewerOf([{ frequency: 100, height: 1 }], { duration: 1 })
  await rig.send(0, 3000)
  const page = await Page.open(rig.viewer.url())
  page.say({ type: 'subscribe', id: 1, node: 'spectrum', channels: [0], width: 1, window: 1 })
  await waitFor(() => page.columns.length > 0)
  await rig.viewer.setParams({ duration: 0.2 })
  expect((await page.hears('subscribed', 2)).bucket).toBe(200)
  await waitFor(() => page.columns.at(-1)!.samplesPerColumn === 200)
  page.close()
})

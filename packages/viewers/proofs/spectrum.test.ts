import { describe, expect, test } from 'vitest'
import { viewerOf } from '../test/spectrumRig.ts'
import { Browser, findBrowser } from './Browser.ts'

const chromium = await findBrowser()

describe.skipIf(chromium === undefined)('the spectrum in a browser', () => {
  test('tells where the power of each channel is, of those that are chosen', async () => {
    const waves = [50, 120, 40, 30, 200].map((frequency) => ({ frequency, height: 1 }))
    await using rig = await viewerOf(waves, { duration: 1 })
    await using browser = await Browser.open(chromium!)
    const { tab } = browser
    await rig.send(0, 4000)
    await browser.goto(rig.viewer.url())
    await tab.getByText('ch1 peak 120\u2009Hz').first().waitFor()
    const drawn = await browser.picture()
    expect(new Set(drawn.pixels).size).toBeGreaterThan(10)
    await tab.getByLabel('ch4').check()
    await rig.send(4000, 1000)
    await tab.getByText('ch4 peak 200\u2009Hz').first().waitFor()
    await tab.getByLabel('ch1').uncheck()
    await rig.send(5000, 1000)
    await tab.getByText('ch1 peak').waitFor({ state: 'detached' })
    expect(browser.errors).toEqual([])
  })
})

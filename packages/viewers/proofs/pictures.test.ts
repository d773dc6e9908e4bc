import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { seededRandom, tempFolder } from 'testing'
import { describe, expect, test } from 'vitest'
import { ScopeRig } from '../test/ScopeRig.ts'
import { Browser, findBrowser } from './Browser.ts'
import { decodePng } from './decodePng.ts'

const chromium = await findBrowser()
const GUIDE = fileURLToPath(new URL('../../../docs/guides/pictures/', import.meta.url))

/** A signal as of an EEG, µV: rhythms that come and go, and noise, some of it shared. */
function eeg(): (index: number, channel: number) => number {
  const random = seededRandom(1)
  let shared = 0
  return (index, channel) => {
    const time = index / 500
    if (channel === 0) shared += 0.3 * (random() - 0.5) - 0.01 * shared
    const alpha = 22 * Math.sin(2 * Math.PI * (9.5 + channel / 10) * time) * (1 + Math.sin(0.8 * time + channel))
    const slow = 18 * Math.sin(2 * Math.PI * (1.1 + channel / 7) * time + channel)
    return alpha + slow + 40 * shared + 14 * (random() - 0.5)
  }
}

/** Seven seconds of it, with a hole and some events. */
async function eegRig(mode: 'scan' | 'scroll'): Promise<ScopeRig> {
  const names = ['Fp1', 'Fp2', 'C3', 'C4', 'P3', 'P4', 'O1', 'O2']
  const channelInfo = names.map((name) => ({ name }))
  const rig = await ScopeRig.start({
    channels: names.length,
    sampleRate: 500,
    output: { channelInfo, units: 'uV' },
    params: { window: 5, mode }
  })
  const value = eeg()
  await rig.send(2300, value)
  rig.skip(90)
  await rig.send(1100, value)
  for (const [index, label] of [
    [1500, 'tone'],
    [1900, 'answer'],
    [2700, 'tone']
  ] as const)
    await rig.tell(index, label)
  return rig
}

describe.skipIf(chromium === undefined)('the pictures of the guide', () => {
  // With NODEACQ_PICTURES=1 they are written where the guide has them.
  test.each([
    ['oscilloscope-dark', 'scan', true],
    ['oscilloscope-light', 'scroll', false]
  ] as const)('%s', async (name, mode, isDark) => {
    await using folder = await tempFolder()
    const to = process.env['NODEACQ_PICTURES'] === undefined ? folder.path : GUIDE
    await mkdir(to, { recursive: true })
    await using rig = await eegRig(mode)
    await using browser = await Browser.open(chromium!, { width: 1100, height: 520, isDark })
    await browser.goto(rig.scope.url())
    // It has scaled itself when a lane is no longer one unit high.
    await browser.tab
      .locator('.toolbar .numbers')
      .filter({ hasText: /^(?!1\s).*lane$/ })
      .waitFor()
    await browser.tab.getByText('missing 90 samples').first().waitFor()
    const path = join(to, `${name}.png`)
    await browser.tab.screenshot({ path })
    const { pixels } = decodePng(await readFile(path))
    expect(new Set(pixels).size).toBeGreaterThan(50)
    expect(browser.errors).toEqual([])
  })
})

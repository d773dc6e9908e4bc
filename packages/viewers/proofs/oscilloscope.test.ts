import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startProcess, tempFolder, waitFor } from 'testing'
import { describe, expect, test } from 'vitest'
import { ScopeRig, type RigOptions } from '../test/ScopeRig.ts'
import { AXIS, stillRig, TRACES } from '../test/stillRig.ts'
import { Browser, findBrowser } from './Browser.ts'
import { decodePng, type Png } from './decodePng.ts'
import { expectedPicture, type Look } from './expectedPicture.ts'

const chromium = await findBrowser()
const PROGRAM = fileURLToPath(new URL('../test/programs/scope.ts', import.meta.url))

/** How many pixels differ. */
function differences(a: Png, b: Png): number {
  expect([a.width, a.height]).toEqual([b.width, b.height])
  return a.pixels.reduce((count, pixel, k) => count + (pixel === b.pixels[k] ? 0 : 1), 0)
}

/** Waits until the screen shows that picture. */
async function shows(
  browser: Browser,
  expected: (size: { width: number; height: number }) => Promise<Png>
): Promise<void> {
  let count = -1
  const isSame = async (): Promise<boolean> => {
    const seen = await browser.picture()
    count = differences(seen, await expected(seen))
    return count === 0
  }
  await waitFor(isSame, { what: () => `the picture on the screen; ${count} pixels differ` })
}

describe.skipIf(chromium === undefined)('the oscilloscope in a browser', () => {
  test.each<[string, Omit<Look, 'traces' | 'axis'>, RigOptions]>([
    ['a sweep', { window: 3, isSweep: true, isDark: true, ratio: 1 }, {}],
    ['a scroll', { window: 2, isSweep: false, isDark: false, ratio: 1 }, {}],
    ['small integers on a fine screen', { window: 2, isSweep: true, isDark: true, ratio: 2 }, { dtype: 'int16' }],
    ['single samples', { window: 0.1, isSweep: true, isDark: false, ratio: 1 }, {}]
  ])('shows what the raster computes, pixel by pixel: %s', async (_, look, options) => {
    await using rig = await stillRig(look, options)
    await using browser = await Browser.open(chromium!, look)
    await browser.goto(rig.scope.url())
    await shows(
      browser,
      async (size) => await expectedPicture(rig.scope.url(), size, { ...look, traces: TRACES, axis: AXIS })
    )
    await browser.tab.setViewportSize({ width: 760, height: 430 })
    await shows(
      browser,
      async (size) => await expectedPicture(rig.scope.url(), size, { ...look, traces: TRACES, axis: AXIS })
    )
    expect(browser.errors).toEqual([])
  })

  test('stands still when paused, goes back and forth, and to what is new', async () => {
    const look = { window: 1, isSweep: true, isDark: true, ratio: 1 }
    await using rig = await stillRig(look)
    await using browser = await Browser.open(chromium!)
    const { tab } = browser
    await browser.goto(rig.scope.url())
    await shows(
      browser,
      async (size) => await expectedPicture(rig.scope.url(), size, { ...look, traces: TRACES, axis: AXIS })
    )
    const live = await browser.picture()
    await tab.keyboard.press(' ')
    await tab.getByText('paused').first().waitFor()
    await waitFor(async () => differences(await browser.picture(), live) > 0)
    const paused = await browser.picture()
    await rig.send(500)
    expect(differences(await browser.picture(), paused)).toBe(0)
    await tab.keyboard.press('ArrowLeft')
    await waitFor(async () => differences(await browser.picture(), paused) > 0)
    await tab.keyboard.press('ArrowRight')
    await waitFor(async () => differences(await browser.picture(), paused) === 0)
    await tab.keyboard.press('End')
    await shows(
      browser,
      async (size) => await expectedPicture(rig.scope.url(), size, { ...look, traces: TRACES, axis: AXIS })
    )
    expect(browser.errors).toEqual([])
  })

  test('scales by itself, and every key does what it says', async () => {
    await using rig = await ScopeRig.start({ channels: 3 })
    await using browser = await Browser.open(chromium!)
    const { tab } = browser
    await rig.send(3000)
    await browser.goto(rig.scope.url())
    const height = tab.locator('.toolbar').getByText('/ lane')
    await waitFor(async () => !(await height.innerText()).startsWith('1\u2009'))
    const before = await height.innerText()
    await tab.keyboard.press('+')
    await waitFor(async () => (await height.innerText()) !== before)
    await tab.keyboard.press('a')
    await waitFor(async () => (await height.innerText()) === before)
    await tab.keyboard.press('.')
    await tab.locator('select').first().waitFor()
    await waitFor(async () => (await tab.locator('select').first().inputValue()) === '5')
    await tab.keyboard.press('m')
    await waitFor(
      async () => (await tab.getByRole('button', { name: 'Scroll' }).getAttribute('aria-pressed')) === 'true'
    )
    await tab.keyboard.press('ArrowDown')
    await tab.keyboard.press('Enter')
    await waitFor(async () => (await tab.locator('.label').count()) === 1)
    await tab.keyboard.press('Escape')
    await waitFor(async () => (await tab.locator('.label').count()) === 3)
    await tab.keyboard.press('?')
    await tab.getByRole('dialog').waitFor()
    // A key in a field is a letter.
    await tab.getByRole('button', { name: /^Channels/ }).click()
    await tab.getByLabel('Filter channels').fill('ch1')
    await tab.getByLabel('Filter channels').press('m')
    expect(await tab.getByRole('button', { name: 'Scroll' }).getAttribute('aria-pressed')).toBe('true')
    await tab.getByRole('button', { name: 'Save view' }).click()
    await waitFor(() => rig.scope.params.mode === 'scroll' && rig.scope.params.window === 5)
    expect(browser.errors).toEqual([])
  })

  test('a snapshot is a picture with its labels', async () => {
    const look = { window: 3, isSweep: true }
    await using rig = await stillRig(look)
    await using browser = await Browser.open(chromium!)
    await browser.goto(rig.scope.url())
    const downloading = browser.tab.waitForEvent('download')
    await browser.tab.keyboard.press('s')
    const download = await downloading
    const { width, height } = decodePng(await readFile(await download.path()))
    const plot = (await browser.tab.locator('.canvas').boundingBox())!
    expect([download.suggestedFilename().slice(0, 6), width, height]).toEqual([
      'scope-',
      Math.round(plot.width) + 110,
      Math.round(plot.height) + 28
    ])
  })

  test('a hidden page gets nothing, and its window when it is seen again', async () => {
    const look = { window: 3, isSweep: true, isDark: true, ratio: 1 }
    await using rig = await stillRig(look)
    await using browser = await Browser.open(chromium!)
    await browser.goto(rig.scope.url())
    await shows(
      browser,
      async (size) => await expectedPicture(rig.scope.url(), size, { ...look, traces: TRACES, axis: AXIS })
    )
    const hide = async (isHidden: boolean): Promise<void> => {
      const define = `Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true })`
      await browser.tab.evaluate(`${define}; document.dispatchEvent(new Event('visibilitychange'))`)
    }
    await hide(true)
    // Once it rests, nothing of what comes is sent: the rate that the page measures goes to nothing.
    const rate = browser.tab.locator('.status').getByText('fps')
    await waitFor(async () => (await rate.innerText()).startsWith('0\u2009B'))
    for (let k = 0; k < 20; k++) await rig.send(50)
    expect((await rate.innerText()).startsWith('0\u2009B')).toBe(true)
    await hide(false)
    await shows(
      browser,
      async (size) => await expectedPicture(rig.scope.url(), size, { ...look, traces: TRACES, axis: AXIS })
    )
    expect(browser.errors).toEqual([])
  })

  test('goes on by itself when its server was killed', async () => {
    await using folder = await tempFolder()
    const look = { window: 3, isSweep: true, isDark: true, ratio: 1, traces: TRACES, axis: AXIS }
    const tokenFile = join(folder.path, 'token')
    await using first = await startProcess(PROGRAM, ['0', tokenFile])
    const link = await first.line(/^http/, { timeout: 60_000 })
    await using browser = await Browser.open(chromium!)
    await browser.goto(link)
    await shows(browser, async (size) => await expectedPicture(link, size, look))
    first.kill('SIGKILL')
    await browser.tab.locator('.status .bad').getByText('connection lost').waitFor()
    await using again = await startProcess(PROGRAM, [new URL(link).port, tokenFile])
    expect(await again.line(/^http/, { timeout: 60_000 })).toBe(link)
    await browser.tab.locator('.status .ok').getByText('live').waitFor()
    await shows(browser, async (size) => await expectedPicture(link, size, look))
    // The browser tells of every attempt that failed; nothing else may be wrong.
    expect(browser.errors.filter((text) => !/WebSocket connection to .* failed/.test(text))).toEqual([])
  })

  test('a viewer that goes leaves the page, and one that comes is there again', async () => {
    await using folder = await tempFolder()
    const tokenFile = join(folder.path, 'token')
    await using other = await stillRig({ window: 3, isSweep: true }, { configure: { tokenFile }, name: 'other' })
    await using browser = await Browser.open(chromium!)
    {
      await using rig = await stillRig({ window: 3, isSweep: true }, { configure: { tokenFile } })
      await browser.goto(rig.scope.url())
      expect(new URL(rig.scope.url()).origin).toBe(new URL(other.scope.url()).origin)
    }
    await browser.tab.getByText('Choose a viewer').waitFor()
    await using _again = await stillRig({ window: 3, isSweep: true }, { configure: { tokenFile } })
    await browser.tab.locator('.scope canvas').waitFor()
    await browser.tab.getByRole('link', { name: 'other' }).click()
    await browser.tab.locator('.scope canvas').waitFor()
    expect(browser.errors).toEqual([])
  })

  test('another page in the same browser does not get in', async () => {
    await using rig = await stillRig({ window: 3, isSweep: true })
    await using other = await stillRig({ window: 3, isSweep: true }, { configure: { host: '127.0.0.2' } })
    await using browser = await Browser.open(chromium!)
    await browser.goto(rig.scope.url())
    await browser.goto(other.scope.url())
    const { host } = new URL(rig.scope.url())
    const outcome = await browser.tab.evaluate(
      async (server) =>
        await new Promise((resolve) => {
          const socket = new WebSocket(`ws://${server}/ws`, 'nodeacq.view.1')
          socket.addEventListener('open', () => resolve('open'))
          socket.addEventListener('error', () => resolve('refused'))
        }),
      host
    )
    expect(outcome).toBe('refused')
  })
})

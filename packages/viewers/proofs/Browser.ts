import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { chromium, type Browser as Chromium, type Page as Tab } from 'playwright-core'
import { decodePng, type Png } from './decodePng.ts'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
]
/** What lies above the picture and is no part of it. */
const NO_OVERLAYS = '.note, .bar, .blank { visibility: hidden }'

/** A browser of this machine; undefined, and a line that says so, where there is none. */
export async function findBrowser(): Promise<string | undefined> {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  for (const path of folders.flatMap((folder) => NAMES.map((name) => join(folder, name)))) {
    const isThere = await access(path).then(
      () => true,
      () => false
    )
    if (isThere) return path
  }
  process.stdout.write(`pages in a browser: skipped, not installed: ${NAMES.join(', ')}\n`)
  return undefined
}

/** A browser with one tab, and everything that went wrong in it. */
export class Browser implements AsyncDisposable {
  readonly tab: Tab
  /** Errors of the page and of its console. */
  readonly errors: string[] = []
  readonly #browser: Chromium

  private constructor(browser: Chromium, tab: Tab) {
    this.#browser = browser
    this.tab = tab
    tab.on('pageerror', (error) => this.errors.push(String(error)))
    tab.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.errors.push(message.text())
    })
  }

  static async open(
    executablePath: string,
    look: { width?: number; height?: number; ratio?: number; isDark?: boolean } = {}
  ): Promise<Browser> {
    const { width = 1000, height = 500, ratio = 1, isDark = true } = look
    const browser = await chromium.launch({ executablePath, args: ARGUMENTS })
    const tab = await browser.newPage({
      viewport: { width, height },
      deviceScaleFactor: ratio,
      colorScheme: isDark ? 'dark' : 'light'
    })
    return new Browser(browser, tab)
  }

  /** Opens a link and waits until its first samples are drawn. */
  async goto(link: string): Promise<void> {
    await this.tab.goto(link)
    await this.tab.waitForSelector('.scope canvas')
    await this.tab.locator('.blank').waitFor({ state: 'detached' })
  }

  /** The plot as it is on the screen, without what lies above it. */
  async picture(): Promise<Png> {
    const box = (await this.tab.locator('.canvas').boundingBox())!
    const style = NO_OVERLAYS
    return decodePng(await this.tab.screenshot({ clip: box, style }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close()
  }
}

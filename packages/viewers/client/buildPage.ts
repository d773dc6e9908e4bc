import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { glob, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import solid from 'vite-plugin-solid'

const CLIENT = fileURLToPath(new URL('.', import.meta.url))
const PACKAGE = fileURLToPath(new URL('..', import.meta.url))

/** Builds the page into a folder. */
export async function buildPageInto(outDir: string): Promise<void> {
  await build({
    root: CLIENT,
    configFile: false,
    logLevel: 'error',
    plugins: [solid()],
    worker: { format: 'es' },
    build: { outDir, emptyOutDir: true, assetsInlineLimit: 0, target: 'es2022', modulePreload: { polyfill: false } }
  })
}

/** The page of the source tree, built unless it was built from the same sources before. Returns its folder. */
export async function buildPage(): Promise<string> {
  const folder = join(PACKAGE, '.cache', 'page', await fingerprint())
  if (existsSync(folder)) return folder
  // Several processes may come here at once: each builds for itself, and one of them wins.
  const own = `${folder}.${process.pid}`
  await mkdir(own, { recursive: true })
  await buildPageInto(own)
  await rename(own, folder).catch(async () => await rm(own, { recursive: true, force: true }))
  return folder
}

/** Of everything that the page is made from. */
async function fingerprint(): Promise<string> {
  const hash = createHash('sha256')
  const files: string[] = []
  for await (const file of glob('{client,src}/**/*.{ts,tsx,css,html}', { cwd: PACKAGE })) files.push(file)
  for (const file of files.toSorted()) {
    if (file.endsWith('.test.ts')) continue
    hash.update(file).update(await readFile(join(PACKAGE, file)))
  }
  return hash.digest('hex').slice(0, 16)
}

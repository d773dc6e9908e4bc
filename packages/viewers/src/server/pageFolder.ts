import { fileURLToPath } from 'node:url'

let built: Promise<string> | undefined

/**
 * The folder with the page. It lies in the package; in the source tree it is built when the sources have changed, by
 * the tools of the source tree.
 */
export async function pageFolder(): Promise<string> {
  if (!import.meta.url.endsWith('.ts')) return fileURLToPath(new URL('../client/', import.meta.url))
  const sources = new URL('../../client/', import.meta.url)
  built ??= import(new URL('buildPage.ts', sources).href).then(({ buildPage }: { buildPage: () => Promise<string> }) =>
    buildPage()
  )
  return await built
}

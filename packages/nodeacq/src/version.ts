import { readFileSync } from 'node:fs'

/** Of nodeacq; all its packages have the same. */
export function version(): string {
  const file = new URL('../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

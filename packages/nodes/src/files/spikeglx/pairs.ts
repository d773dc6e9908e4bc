import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { parseSpikeGlxName, type SpikeGlxName } from './meta.ts'

/** One pair of `.bin` and `.meta`. */
export interface SpikeGlxPair extends SpikeGlxName {
  readonly meta: string
}

/** Pairs of one file, or of a folder and the folders of probes in it, in the order of run, gate and trigger. */
export async function spikeGlxPairs(path: string): Promise<SpikeGlxPair[]> {
  if (!(await stat(path)).isDirectory()) {
    return ['.bin', '.meta'].includes(extname(path)) ? pairOf(path.replace(/\.\w+$/, '.meta')) : []
  }
  const entries = await readdir(path, { withFileTypes: true })
  const inside = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory() && /_g\d+(_imec\d*)?$/.test(entry.name))
      .map(async ({ name }) => (await readdir(join(path, name))).map((each) => join(path, name, each)))
  )
  const files = [...entries.filter((entry) => entry.isFile()).map(({ name }) => join(path, name)), ...inside.flat()]
  const order = new Intl.Collator('en', { numeric: true })
  return files
    .filter((each) => extname(each) === '.meta')
    .toSorted((a, b) => order.compare(basename(a), basename(b)))
    .flatMap(pairOf)
}

function pairOf(meta: string): SpikeGlxPair[] {
  const name = parseSpikeGlxName(basename(meta))
  if (name === undefined || !existsSync(meta) || !existsSync(meta.replace(/\.meta$/, '.bin'))) return []
  return [{ ...name, meta }]
}

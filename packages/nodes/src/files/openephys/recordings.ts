import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

export const STRUCTURE_FILE = 'structure.oebin'

/** Folders of the recordings of one experiment, in order. */
export interface Experiment {
  readonly folders: readonly string[]
  /** Others that are there and were not taken. */
  readonly others: readonly string[]
}

/** What the folders around a recording are called: `Record Node 101/experiment1/recording1`. */
const LEVELS = [/^Record Node\b/i, /^experiment\d+$/i, /^recording\d+$/i]

/**
 * Finds the recordings of a session, a Record Node, an experiment, or one recording by its folder or its `structure.oebin`. Of several
 * Record Nodes and experiments the first counts. Undefined where there is none.
 */
export async function findRecordings(path: string): Promise<Experiment | undefined> {
  if (!(await stat(path)).isDirectory()) {
    return basename(path) === STRUCTURE_FILE ? { folders: [dirname(path)], others: [] } : undefined
  }
  if (existsSync(join(path, STRUCTURE_FILE))) return { folders: [path], others: [] }
  const others: string[] = []
  let folder = path
  for (const level of LEVELS.slice(0, -1)) {
    const [first, ...rest] = await foldersIn(folder, level)
    if (first === undefined) continue
    folder = first
    others.push(...rest)
  }
  const recordings = await foldersIn(folder, LEVELS[2]!)
  const folders = recordings.filter((each) => existsSync(join(each, STRUCTURE_FILE)))
  return folders.length === 0 ? undefined : { folders, others }
}

/** Numbers in names count as numbers: `recording10` is behind `recording9`. */
async function foldersIn(path: string, name: RegExp): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory() && name.test(entry.name)).map((entry) => entry.name)
  const order = new Intl.Collator('en', { numeric: true })
  return names.toSorted((a, b) => order.compare(a, b)).map((each) => join(path, each))
}

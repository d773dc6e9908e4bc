import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { arch, cpus, platform, release, totalmem } from 'node:os'
import type { Picture } from './picture.ts'
import type { Row } from './rows.ts'
import type { Target } from './targets.ts'

/** What the figures were measured on. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly system: string
  readonly node: string
}

/** One part as it was measured; everything that the page says about it. */
export interface PartResult {
  readonly suite: string
  readonly part: string
  readonly title: string
  readonly about: string
  /** ISO 8601. */
  readonly date: string
  /** `-changed` at the end: there were changes that are in no commit. */
  readonly commit: string
  readonly machine: Machine
  readonly quick: boolean
  readonly seconds: number
  readonly targets: readonly Target[]
  readonly rows: readonly Row[]
  readonly pictures: readonly Picture[]
}

interface Report {
  readonly format: typeof FORMAT
  readonly results: readonly PartResult[]
}

/** Grows when a reader of older files would misunderstand newer ones. */
const FORMAT = 'nodeacq bench 1'

export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version
  }
}

/** The commit that is measured, short; `unknown` outside a git checkout. */
export function commit(): string {
  try {
    const git = (...args: string[]) =>
      execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    const isChanged = git('status', '--porcelain', '--untracked-files=no', '--', '../../packages', '.').trim() !== ''
    return git('rev-parse', '--short', 'HEAD').trim() + (isChanged ? '-changed' : '')
  } catch {
    return 'unknown'
  }
}

export function writeReport(file: string, results: readonly PartResult[]): void {
  const report: Report = { format: FORMAT, results }
  writeFileSync(file, `${JSON.stringify(report, null, 1)}\n`)
}

/** @throws {Error} when the file is no report of `pnpm bench --json`. */
export function readReport(file: string): readonly PartResult[] {
  const { format, results } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Report>
  if (format !== FORMAT || results === undefined) {
    throw new Error(`${file}: expected the results of 'pnpm bench --json' ('${FORMAT}'), got '${String(format)}'`)
  }
  return results
}

/** The newest result of each part; the order is that of its first appearance. */
export function newestOfEach(results: readonly PartResult[]): PartResult[] {
  const newest = new Map<string, PartResult>()
  for (const result of results) {
    const key = `${result.suite} ${result.part}`
    const known = newest.get(key)
    if (known === undefined || known.date < result.date) newest.set(key, result)
  }
  return [...newest.values()]
}

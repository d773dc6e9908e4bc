/**
 * `pnpm bench:page [FILE …]`: writes docs/benchmarks.md and its pictures from files of `pnpm bench --json`, by default
 * those in tools/bench/results. Where several have the same part, the newest counts.
 */
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { ROOT } from '../workspace.ts'
import { drawPicture } from './drawPicture.ts'
import { pageText } from './pageText.ts'
import { newestOfEach, readReport } from './report.ts'
import { SUITES } from './suites.ts'

const RESULTS = join(ROOT, 'tools', 'bench', 'results')
const given = process.argv.slice(2)
const files = given.length > 0 ? given : globSync(join(RESULTS, '*.json')).sort()
if (files.length === 0) {
  console.error(`there are no results in ${RESULTS}: pnpm bench --json ${join(RESULTS, 'all.json')}`)
  process.exit(1)
}

const measured = newestOfEach(files.flatMap(readReport))
// Text and targets are those of the programs as they are now.
const results = SUITES.flatMap((suite) =>
  suite.parts.flatMap(({ name, title, about, targets = [] }) =>
    measured
      .filter((result) => result.suite === suite.name && result.part === name)
      .map((result) => ({ ...result, title, about, targets }))
  )
)

const notes = join(RESULTS, 'notes.md')
const page = join(ROOT, 'docs', 'benchmarks.md')
const text = pageText(results, existsSync(notes) ? readFileSync(notes, 'utf8') : '')
writeFileSync(page, await format(text, { ...(await resolveConfig(page)), filepath: page }))

const images = join(ROOT, 'docs', 'images')
mkdirSync(images, { recursive: true })
const pictures = results.flatMap((result) => result.pictures)
for (const picture of pictures) writeFileSync(join(images, `${picture.file}.svg`), drawPicture(picture))
console.log(`${page}: ${results.length} parts, ${pictures.length} pictures`)

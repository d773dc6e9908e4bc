import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { drawPicture } from './drawPicture.ts'
import { pageText } from './pageText.ts'
import { newestOfEach, readReport, writeReport } from './report.ts'

const results = newestOfEach(readReport(fileURLToPath(new URL('fixtures/report.json', import.meta.url))))

test('of several results for a part the newest counts', () => {
  expect(results.map(({ suite, part, date }) => [suite, part, date])).toEqual([
    ['stream', 'plaindata', '2026-11-20T10:00:00.000Z'],
    ['rpc', 'calls', '2026-11-19T10:00:00.000Z']
  ])
})

test('the page has the machine, every target with its verdict, and a table for each part', () => {
  const text = pageText(results, 'What the profile shows.')
  expect(text).toContain('| Some CPU | 2 | 24 GiB | linux 6.1 x64 | v24.21.0 | 2026-11-19, 2026-11-20 | abc1234 |')
  expect(text).toContain('| tcp, 4 KB: chunks beside pyacq | ≥ 1.2 × | 1.5 × | met |')
  expect(text).toContain('| tcp, 64 KB: chunks beside pyacq | ≥ 1.2 × | 1 × | **missed** |')
  expect(text).toContain('| tcp, 1 MB: chunks beside pyacq | ≥ 1 × |  | **not measured** |')
  expect(text).toContain('\n### plaindata between two processes\n\nAs fast as it goes.\n')
  expect(text).toContain('|  | chunks, 1/s | bare zeromq.js | ratio to bare zeromq.js | pyacq | ratio to pyacq |')
  expect(text).toContain('| tcp, 64 KB | 10,000 | 20,000 | 0.50 × | 10,000 | 1.00 × |')
  expect(text).toContain('![Chunks < per second](images/stream-throughput.svg)')
  expect(text).toContain('`pnpm bench rpc --only calls --quick`, 5 s; a fast look, no more')
  expect(text).toContain('| one by one | 5,000 |')
  expect(text).toContain('What the profile shows.')
  expect(text).not.toContain('An older run')
})

test('a picture has a line for each curve, with its name, inside of the frame', () => {
  const svg = drawPicture(results[0]!.pictures[0]!)
  expect(svg).toContain('tcp &amp; us')
  expect(svg).toContain('Chunks &lt; per second')
  const lines = [...svg.matchAll(/<polyline points="([^"]+)"/g)].map(([, points]) =>
    points!.split(' ').map((place) => place.split(',').map(Number))
  )
  expect(lines).toHaveLength(2)
  for (const [x, y] of lines.flat()) {
    expect(x).toBeGreaterThanOrEqual(80)
    expect(x).toBeLessThanOrEqual(560)
    expect(y).toBeGreaterThanOrEqual(44)
    expect(y).toBeLessThanOrEqual(340)
  }
  const [ours, theirs] = lines
  expect(ours![0]![1]).toBeLessThan(theirs![0]![1]!) // more is higher
  expect(ours![1]).toEqual(theirs![1])
})

test('what is no report is refused with what was expected, and a report is read as it was written', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nodeacq-bench-'))
  try {
    const file = join(folder, 'results.json')
    writeFileSync(file, '{ "format": "another" }')
    expect(() => readReport(file)).toThrow(/expected the results of 'pnpm bench --json'.*got 'another'/)
    writeReport(file, results)
    expect(readReport(file)).toEqual(results)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

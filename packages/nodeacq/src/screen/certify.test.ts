import { readFile } from 'node:fs/promises'
import { certificateSchema } from '@nodeacq/nodes'
import { expect, test } from 'vitest'
import { certificateLines, trialLines, trialTitle } from './certificateLines.ts'
import { NO_PAINT } from './Paint.ts'

const path = new URL('../../../nodes/test/fixtures/certificate.json', import.meta.url)
const certificate = certificateSchema.parse(JSON.parse(await readFile(path, 'utf8')))
const view = { width: 100, paint: NO_PAINT }

test('a certificate for people, within the width of the terminal', () => {
  const lines = certificateLines(certificate, view)
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100)
  expect(lines.slice(0, 4)).toEqual([
    'recorded      300,300 samples, 230.6 MB, in 10.0 s; 0 lost',
    'latency       p50 0.69 ms, p99 7.4 ms, p99.9 22 ms, max 22 ms from send to a viewer; to the recorder',
    '              p50 0.48 ms, p99 6.3 ms',
    'cpu           device-1 7 %, recorder 14 %, viewer 9 % of a core'
  ])
  expect(lines.slice(-2).join(' ')).toMatch(
    /^SAFE: rig3 records 384 channels at 30 kHz int16 \(23\.0 MB\/s\) without loss/
  )
})

test('what was not measured is not told', () => {
  const lines = certificateLines({ ...certificate, trials: [], disk: null, largestSafe: null }, view)
  expect(lines[0]).toBe('')
  expect(lines[1]).toMatch(/^SAFE: /)
})

test('rows of trials stand below their titles, and reasons below the rows', () => {
  const [wanted] = certificate.trials
  const problems = [{ kind: 'lost', text: 'much was lost '.repeat(10).trim() }] as const
  const lines = [
    trialTitle(100),
    ...trialLines(wanted!, view),
    ...trialLines({ ...wanted!, safe: false, attempts: 2, problems: [...problems] }, view)
  ]
  expect(lines).toEqual([
    '  RATE        SPEED      RAN  LATENCY p99   BEHIND',
    '    ×1    23.0 MB/s   10.0 s       7.4 ms    30 ms  safe',
    '    ×1    23.0 MB/s   10.0 s       7.4 ms    30 ms  not safe, second try',
    expect.stringMatching(/^ {8}much was lost/),
    expect.stringMatching(/^ {8}.*lost$/)
  ])
})

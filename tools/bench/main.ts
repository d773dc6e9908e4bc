/**
 * `pnpm bench [SUITE …] [--only PART,…] [--quick] [--json FILE]`: speeds, each beside a peer measured in the same run.
 * See README.md beside this file.
 */
import { fork } from 'node:child_process'
import { parseArgs } from 'node:util'
import { Progress } from './progress.ts'
import { commit, machine, writeReport, type PartResult } from './report.ts'
import type { Measured, Part, Suite } from './suite.ts'
import { SUITES } from './suites.ts'
import { figure, layOut, toText } from './table.ts'
import { describeBound, judge } from './targets.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    json: { type: 'string' },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false }
  }
})

interface Chosen {
  readonly suite: Suite
  readonly part: Part
}

const only = values.only?.split(',')
const suites = positionals.length > 0 ? SUITES.filter(({ name }) => positionals.includes(name)) : SUITES
const chosen: Chosen[] = suites.flatMap((suite) =>
  suite.parts.filter(({ name }) => only === undefined || only.includes(name)).map((part) => ({ suite, part }))
)
const wrong = [
  ...positionals.filter((name) => !SUITES.some((suite) => suite.name === name)),
  ...(only ?? []).filter((name) => !chosen.some(({ part }) => part.name === name))
]
if (values.help || wrong.length > 0) {
  if (wrong.length > 0) console.error(`there is no suite or part ${wrong.join(', ')}`)
  console.log('usage: pnpm bench [SUITE …] [--only PART,…] [--quick] [--json FILE]\n')
  for (const { name, parts } of SUITES) {
    console.log(name)
    for (const part of parts) console.log(`  ${part.name.padEnd(12)} ${part.title}`)
  }
  process.exit(wrong.length > 0 ? 2 : 0)
}

const results: PartResult[] = []
const progress = new Progress(
  chosen.map(({ part }) => part),
  values
)
let isInterrupted = false
let failed = 0
for (const [k, { suite, part }] of chosen.entries()) {
  progress.begin(k)
  const started = performance.now()
  const measured = await runPart(suite.name, part.name)
  progress.clear()
  if (isInterrupted) break
  if (measured === undefined) {
    failed++
    console.error(`${suite.name} ${part.name} failed`)
    continue
  }
  const result: PartResult = {
    suite: suite.name,
    part: part.name,
    title: part.title,
    about: part.about,
    date: new Date().toISOString(),
    commit: commit(),
    machine: machine(),
    quick: values.quick,
    seconds: Math.round((performance.now() - started) / 1000),
    targets: part.targets ?? [],
    rows: measured.rows,
    pictures: measured.pictures ?? []
  }
  results.push(result)
  print(result)
  // After each, so that what was measured is there whatever comes.
  if (values.json !== undefined) writeReport(values.json, results)
}
process.exitCode = isInterrupted ? 130 : failed > 0 ? 1 : 0

function runPart(suite: string, part: string): Promise<Measured | undefined> {
  progress.show(`${suite} ${part}`)
  const child = fork(new URL('./runPart.ts', import.meta.url), [suite, part, ...(values.quick ? ['--quick'] : [])], {
    execArgv: ['--conditions=nodeacq-source', ...process.execArgv.filter((arg) => arg.startsWith('--cpu-prof'))],
    // Figures are no JSON: some are no number.
    serialization: 'advanced'
  })
  const interrupt = () => {
    isInterrupted = true
    child.kill('SIGINT')
  }
  process.once('SIGINT', interrupt)
  let measured: Measured | undefined
  child.on('message', (message: { step: string } | { measured: Measured }) => {
    if ('measured' in message) measured = message.measured
    else progress.show(`${suite} ${part}: ${message.step}`)
  })
  return new Promise((resolve) =>
    child.once('exit', (code) => {
      process.off('SIGINT', interrupt)
      resolve(code === 0 ? measured : undefined)
    })
  )
}

function print({ suite, part, rows, targets }: PartResult): void {
  console.log(`\n${suite} ${part}`)
  for (const table of layOut(rows)) console.log(`${toText(table)}\n`)
  for (const { target, measured, factor, verdict } of judge(rows, targets)) {
    const unit = rows.find((row) => row.case === target.case && row.metric === target.metric)?.unit ?? ''
    const got = measured === undefined ? '' : `: ${figure(measured)}`
    const times = factor === undefined ? '' : `, ${factor.toFixed(2)} × of what is asked`
    const beside = target.peer === undefined ? '' : ` to ${target.peer}`
    console.log(`${verdict}: ${target.case}, ${target.metric}${beside} ${describeBound(target, unit)}${got}${times}`)
  }
}

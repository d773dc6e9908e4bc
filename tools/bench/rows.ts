import { writeFileSync } from 'node:fs'
import { arch, cpus, platform, totalmem } from 'node:os'

/** One figure. With a peer measured in the same run, `ratio` > 1 means that we are better. */
export interface Row {
  readonly suite: string
  readonly case: string
  readonly metric: string
  readonly unit: string
  readonly value: number
  readonly peer?: string
  readonly peerValue?: number
  readonly ratio?: number
}

interface Comparison {
  readonly suite: string
  readonly case: string
  readonly metric: string
  readonly unit: string
  readonly value: number
  readonly peer?: string
  readonly peerValue?: number
  /** `more` (rates) or `less` (times) is better. */
  readonly better: 'more' | 'less'
}

/** Makes a row and its ratio. */
export function row({ better, ...measured }: Comparison): Row {
  const { value, peerValue } = measured
  if (peerValue === undefined) return measured
  return { ...measured, ratio: round(better === 'more' ? value / peerValue : peerValue / value) }
}

function round(value: number): number {
  return Number(value.toPrecision(4))
}

/** What the figures were measured on. */
function machine(): object {
  const [cpu] = cpus()
  return {
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${platform()} ${arch()}`,
    node: process.version
  }
}

/** Prints the rows as a table with aligned columns. */
export function printTable(rows: readonly Row[]): void {
  const cells = [
    ['suite', 'case', 'metric', 'value', 'unit', 'beside', 'its value', 'ratio'],
    ...rows.map((r) => [
      r.suite,
      r.case,
      r.metric,
      figure(r.value),
      r.unit,
      r.peer ?? '',
      r.peerValue === undefined ? '' : figure(r.peerValue),
      r.ratio === undefined ? '' : r.ratio.toFixed(2)
    ])
  ]
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)))
  for (const line of cells) {
    console.log(
      line.map((cell, i) => ([3, 6, 7].includes(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join('  ')
    )
  }
}

function figure(value: number): string {
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)))
}

/** Writes the rows in the form every suite shares. */
export function writeJson(file: string, rows: readonly Row[]): void {
  const report = { machine: machine(), date: new Date().toISOString(), rows }
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`)
}

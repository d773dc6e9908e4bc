import type { PreflightItem } from '../run/preflight.ts'
import type { Paint } from './Paint.ts'

/** A pre-flight list, one line for each item, and the verdict. */
export function preflightLines(items: readonly PreflightItem[], paint: Paint): string[] {
  const width = Math.max(0, ...items.map(({ subject }) => subject.length))
  const paints = { ok: paint.good, warn: paint.warn, fail: paint.bad }
  const lines = items.map(({ level, subject, text }) => {
    return `${paints[level](level.padEnd(4))}  ${subject.padEnd(width)}  ${text}`
  })
  return [...lines, '', verdict(items, paint)]
}

function verdict(items: readonly PreflightItem[], paint: Paint): string {
  const count = (level: PreflightItem['level']): number => items.filter((item) => item.level === level).length
  const warnings = count('warn') === 0 ? '' : `, ${count('warn')} to look at`
  if (count('fail') === 0) return paint.good(`ready to record${warnings}`)
  return paint.bad(`not ready: ${count('fail')} of ${items.length} failed${warnings}`)
}

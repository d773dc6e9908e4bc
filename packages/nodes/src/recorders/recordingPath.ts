import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

const three = (n: number): string => String(n).padStart(3, '0')
const two = (n: number): string => String(n).padStart(2, '0')

/** Whether a name is another for each recording. */
export function isTemplate(path: string): boolean {
  return /%[nt]/.test(basename(path).replaceAll('%%', ''))
}

/**
 * The path of the next recording. In the last part of `template`, `%n` stands for the first number from 001 whose file is
 * not there, `%t` for the local time (2026-03-01T14-05-09), `%%` for a percent sign. Without them the recordings of one run
 * are `session.mcap`, `session_rec-002.mcap` …
 * @param at.done recordings of this run so far; @param at.extension what stays at the end of a name
 */
export function recordingPath(
  template: string,
  { done, extension = '' }: { done: number; extension?: string },
  now = new Date()
): string {
  const name = basename(template)
  const beside = (text: string): string => join(dirname(template), text)
  if (isTemplate(template)) {
    for (let n = 1; ; n++) {
      const path = beside(fill(name, { number: three(n), time: timeText(now) }))
      if (!name.replaceAll('%%', '').includes('%n') || !existsSync(path)) return path
    }
  }
  const plain = name.replaceAll('%%', '%')
  if (done === 0) return beside(plain)
  return beside(`${basename(plain, extension)}_rec-${three(done + 1)}${extension}`)
}

function fill(name: string, { number, time }: { number: string; time: string }): string {
  return name.replaceAll(/%[nt%]/g, (sign) => (sign === '%n' ? number : sign === '%t' ? time : '%'))
}

/** In a form that every file system takes. */
function timeText(now: Date): string {
  const date = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join('-')
  return `${date}T${[now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join('-')}`
}

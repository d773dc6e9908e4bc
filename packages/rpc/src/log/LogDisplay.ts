import { styleText } from 'node:util'
import Transport from 'winston-transport'
import { levelOf, type LogLevel } from './levels.ts'
import type { LogRecord } from './LogRecord.ts'
import { recordOf } from './winstonInfo.ts'

export interface LogDisplayOptions {
  /** Where the lines go. Default: standard error. */
  stream?: NodeJS.WritableStream
  /** ms that a record is held, so that records of several processes come out in the order they were made. Default 200. */
  hold?: number
}

const STYLES = { debug: 'gray', info: 'reset', warning: 'yellow', error: 'red' } as const satisfies Record<
  LogLevel,
  string
>

/** winston transport that shows records as lines, sorted by `created`, coloured on a terminal. */
export class LogDisplay extends Transport {
  readonly #stream: NodeJS.WritableStream
  readonly #hold: number
  #held: { record: LogRecord; arrived: number }[] = []
  #timer: NodeJS.Timeout | undefined

  constructor({ stream = process.stderr, hold = 200 }: LogDisplayOptions = {}) {
    super()
    this.#stream = stream
    this.#hold = hold
  }

  override log(info: object, next: () => void): void {
    const record = recordOf(info)
    if (record) {
      this.#held.push({ record, arrived: performance.now() })
      this.#wait()
    }
    next()
  }

  /** Shows what is held, now. */
  flush(): void {
    this.#show(this.#held.splice(0))
  }

  #wait(): void {
    if (this.#timer) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#showExpired()
      if (this.#held.length > 0) this.#wait()
    }, this.#hold).unref()
  }

  #showExpired(): void {
    const now = performance.now()
    let newest = -Infinity
    for (const { record, arrived } of this.#held) {
      if (now - arrived >= this.#hold) newest = Math.max(newest, record.created)
    }
    const isDue = ({ record }: { record: LogRecord }) => record.created <= newest
    this.#show(this.#held.filter(isDue))
    this.#held = this.#held.filter((held) => !isDue(held))
  }

  #show(due: { record: LogRecord }[]): void {
    if (due.length === 0) return
    due.sort((a, b) => a.record.created - b.record.created)
    this.#stream.write(due.map(({ record }) => this.#format(record)).join(''))
  }

  #format(record: LogRecord): string {
    const style = STYLES[levelOf(record.levelno)]
    const text = formatLogRecord(record)
    return `${styleText(style, text, { stream: this.#stream })}\n`
  }
}

/** A record as one line (more when its message or error has more), `[host:process:thread] time LEVEL name: message`. */
export function formatLogRecord(record: LogRecord): string {
  const time = new Date(record.created * 1000).toISOString().slice(11, 23)
  const { host_name: host, process_name: process, thread_name: thread, levelname, name, msg, exc_text: error } = record
  const line = `[${host}:${process}:${thread}] ${time} ${levelname} ${name}: ${msg}`
  return error ? `${line}\n${error}` : line
}

import { callSiteOf } from './callSite.ts'
import { forwardRecord } from './hub.ts'
import { levelNumber, threshold, type LogLevel } from './levels.ts'
import { makeLogRecord } from './LogRecord.ts'

/**
 * Makes log records under one name. Get one with `getLogger`. The last parameter of each method is an error (or
 * anything else) to show below the message.
 */
export class Logger {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }

  /** Whether records of `level` are made at all; ask before building an expensive message. */
  isEnabled(level: LogLevel): boolean {
    return levelNumber(level) >= threshold
  }

  debug(message: string, cause?: unknown): void {
    if (threshold <= 10) this.#log('debug', message, cause)
  }

  info(message: string, cause?: unknown): void {
    if (threshold <= 20) this.#log('info', message, cause)
  }

  warning(message: string, cause?: unknown): void {
    if (threshold <= 30) this.#log('warning', message, cause)
  }

  error(message: string, cause?: unknown): void {
    if (threshold <= 40) this.#log('error', message, cause)
  }

  #log(level: LogLevel, message: string, cause: unknown): void {
    forwardRecord(makeLogRecord({ name: this.name, level, message, cause, site: callSiteOf(this[level]) }))
  }
}

const loggers = new Map<string, Logger>()

/** The logger of that name; always the same one. Names are dotted paths, e.g. `nodeacq.SosFilter.filter`. */
export function getLogger(name: string): Logger {
  let logger = loggers.get(name)
  if (!logger) loggers.set(name, (logger = new Logger(name)))
  return logger
}

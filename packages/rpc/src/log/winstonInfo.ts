import { levelOf } from './levels.ts'
import type { LogRecord } from './LogRecord.ts'

const RECORD = Symbol('nodeacq.logRecord')

/** What our winston logger hands to its transports: plain fields for any transport, the record for our own. */
export function infoOf(record: LogRecord): { level: string; message: string; [key: string]: unknown } {
  return {
    level: levelOf(record.levelno),
    message: record.msg,
    logger: record.name,
    timestamp: record.created * 1000,
    host: record.host_name,
    process: record.process_name,
    thread: record.thread_name,
    ...(record.exc_text && { error: record.exc_text }),
    [RECORD]: record
  }
}

/** The record inside a winston info; undefined for an info that somebody else made. */
export function recordOf(info: object): LogRecord | undefined {
  return (info as { [RECORD]?: LogRecord })[RECORD]
}

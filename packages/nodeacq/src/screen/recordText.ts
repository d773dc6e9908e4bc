import type { LogRecord } from '@nodeacq/rpc'
import type { Paint } from './Paint.ts'

/** A log record for somebody who did not ask for logs: what, and in which process. */
export function recordText({ levelno, levelname, msg, process_name }: LogRecord, paint: Paint): string {
  const level = levelno >= 40 ? paint.bad('error') : levelno >= 30 ? paint.warn('warning') : levelname.toLowerCase()
  return `${level}: ${msg} [${process_name}]`
}

import { inspect } from 'node:util'
import { flushLogs, isLogSent } from './forwarding.ts'
import { forwardRecord } from './hub.ts'
import { makeLogRecord } from './LogRecord.ts'

let crashed = false

/**
 * From now on an exception or rejection that nobody handles becomes a log record, which reaches the LogServer before
 * this process ends with code 1. The trace also goes to standard error, where the parent keeps the last lines.
 */
export function installCrashHandler(): void {
  process.on('uncaughtException', crash)
}

function crash(error: unknown): void {
  // What fails while the process ends, such as a write to a closed pipe, adds nothing.
  if (crashed) return
  crashed = true
  const trace = inspect(error)
  const message = `Unhandled exception:\n    ${trace.replaceAll('\n', '\n    ')}`
  if (isLogSent()) process.stderr.write(`${trace}\n`)
  forwardRecord(makeLogRecord({ name: 'nodeacq.process', level: 'error', message }))
  void flushLogs().finally(() => process.exit(1))
}

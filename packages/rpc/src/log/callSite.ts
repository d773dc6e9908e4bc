import { fileURLToPath } from 'node:url'

/** Where in the sources a record was made. */
export interface CallSite {
  readonly path: string
  readonly line: number
  /** `<module>` for code outside any function, as Python says it. */
  readonly functionName: string
}

const UNKNOWN: CallSite = { path: '', line: 0, functionName: '' }
const FRAME = /^\s*at (?:(?:async )?(.+?) \()?(.+?):(\d+):\d+\)?$/

/**
 * The place that called `callee`. `skip` leaves out frames whose text contains it (`node:` for a call that comes
 * through one of Node's own modules).
 */
export function callSiteOf(callee: Function, skip?: string): CallSite {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = skip === undefined ? 1 : 6
  const holder: { stack?: unknown } = {}
  Error.captureStackTrace(holder, callee)
  Error.stackTraceLimit = limit
  // A program may have replaced Error.prepareStackTrace; then there is no text to read.
  if (typeof holder.stack !== 'string') return UNKNOWN
  for (const frame of holder.stack.split('\n').slice(1)) {
    if (skip !== undefined && frame.includes(skip)) continue
    const [, functionName = '<module>', place = '', line = '0'] = FRAME.exec(frame) ?? []
    if (place === '') return UNKNOWN
    return { path: place.startsWith('file://') ? fileURLToPath(place) : place, line: Number(line), functionName }
  }
  return UNKNOWN
}

import { basename, extname } from 'node:path'
import { inspect } from 'node:util'
import { threadId } from 'node:worker_threads'
import { FloatValue } from '../serialize/float.ts'
import { json } from '../serialize/json.ts'
import type { Tree } from '../serialize/Serializer.ts'
import type { CallSite } from './callSite.ts'
import { levelName, levelNumber, type LogLevel } from './levels.ts'
import { getHostName, getProcessName, getThreadName } from './names.ts'

/**
 * A log record as it travels: one zeromq frame of JSON text with the fields of Python's `logging.LogRecord` (`args` is
 * left out, the message is already formatted) and the names that pyacq adds.
 *
 *   name, msg, levelname, levelno                        logger, text, level (10 debug, 20 info, 30 warning, 40 error)
 *   pathname, filename, module, lineno, funcName         place in the sources
 *   created, msecs, relativeCreated                      s since 1970; its ms part; ms since the process started
 *   thread, threadName, process, processName             ids of the operating system and Python's names
 *   exc_info, exc_text, stack_info                       null, or the text of an error below the message
 *   process_name, thread_name, host_name                 the names of `setProcessName` and its kin
 *
 * Further keys are passed through. See docs/protocol/log.md.
 */
export interface LogRecord {
  readonly name: string
  readonly msg: string
  readonly levelname: string
  readonly levelno: number
  readonly pathname: string
  readonly filename: string
  readonly module: string
  readonly exc_info: unknown
  readonly exc_text: string | null
  readonly stack_info: string | null
  readonly lineno: number
  readonly funcName: string
  readonly created: number
  readonly msecs: number
  readonly relativeCreated: number
  readonly thread: number
  readonly threadName: string
  readonly processName: string
  readonly process: number
  readonly process_name: string
  readonly thread_name: string
  readonly host_name: string
  readonly [extra: string]: unknown
}

/** What the sender of a record says; the rest is known to the process. */
export interface LogEntry {
  readonly name: string
  readonly level: LogLevel
  readonly message: string
  /** An error, or anything else worth showing below the message. */
  readonly cause?: unknown
  readonly site?: CallSite
}

const NOWHERE: CallSite = { path: '', line: 0, functionName: '' }

/** Completes an entry to a record of this process, made now. */
export function makeLogRecord({ name, level, message, cause, site = NOWHERE }: LogEntry): LogRecord {
  const now = wallClock()
  const filename = basename(site.path)
  return {
    name,
    msg: message,
    levelname: levelName(level),
    levelno: levelNumber(level),
    pathname: site.path,
    filename,
    module: filename.slice(0, filename.length - extname(filename).length),
    exc_info: null,
    exc_text: cause === undefined ? null : inspect(cause),
    stack_info: null,
    lineno: site.line,
    funcName: site.functionName,
    created: now / 1000,
    msecs: Math.floor(now % 1000),
    relativeCreated: performance.now(),
    thread: threadId,
    threadName: threadId === 0 ? 'MainThread' : `Thread-${threadId}`,
    processName: 'MainProcess',
    process: process.pid,
    process_name: getProcessName(),
    thread_name: getThreadName(),
    host_name: getHostName()
  }
}

/**
 * The bytes of one record, as pyacq's LogSender writes them.
 * @throws {SerializeError} when a further field is nothing that JSON can say.
 */
export function encodeLogRecord(record: LogRecord): Uint8Array {
  // Python writes times with a decimal point even when they are whole.
  return json.encode({
    ...(record as { [field: string]: Tree }),
    created: new FloatValue(record.created),
    msecs: new FloatValue(record.msecs),
    relativeCreated: new FloatValue(record.relativeCreated)
  })
}

/** Reads one record; undefined when the bytes are none: no JSON object, or no name, message, level or time in it. */
export function decodeLogRecord(frame: Uint8Array): LogRecord | undefined {
  let value: Tree
  try {
    value = json.decode(frame)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { name, msg, levelno, created } = value as Partial<LogRecord>
  if (typeof name !== 'string' || typeof msg !== 'string') return undefined
  return Number.isFinite(levelno) && Number.isFinite(created) ? (value as unknown as LogRecord) : undefined
}

let origin = performance.timeOrigin

/** ms since 1970 with a fraction, so that records of several processes sort; it follows when the clock is set. */
function wallClock(): number {
  const coarse = Date.now()
  const fine = origin + performance.now()
  if (Math.abs(fine - coarse) < 5) return fine
  origin += coarse - fine
  return coarse
}

import { subscribe } from 'node:diagnostics_channel'
import { createLogger, format, type config } from 'winston'
import type Transport from 'winston-transport'
import { callSiteOf } from './callSite.ts'
import { levelNumber, threshold, type LogLevel } from './levels.ts'
import { LogDisplay } from './LogDisplay.ts'
import { makeLogRecord, type LogRecord } from './LogRecord.ts'
import { infoOf } from './winstonInfo.ts'

/*
 * Where all records of a process meet:
 *
 *   Logger ──────┐                     ┌─ listeners (onLogRecord)
 *   LogServer ───┼─► forwardRecord ────┤                ┌─ LogDisplay   (unless a LogSender is there)
 *   nodeacq:log ─┘                     └─ winston ──────┼─ LogSender
 *                                                       └─ transports of the program (addLogTransport)
 */

const logger = createLogger({
  levels: { error: 0, warning: 1, info: 2, debug: 3 } satisfies config.AbstractConfigSetLevels,
  // Our loggers filter before they make a record; what comes from other processes is shown as it is.
  level: 'debug',
  format: format((info) => info)()
})

const display = new LogDisplay()
const listeners = new Set<(record: LogRecord) => void>()
let displayWanted = true
let isSending = false

logger.add(display)
process.on('exit', () => display.flush())
subscribe('nodeacq:log', onChannelMessage)

/** Takes in a record, of this process or of another one: listeners, display, sender and transports get it. */
export function forwardRecord(record: LogRecord): void {
  for (const listener of listeners) {
    try {
      listener(record)
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : String(error))
    }
  }
  // Without a transport winston complains on the console.
  if (logger.transports.length > 0) logger.write(infoOf(record))
}

/**
 * Calls `listener` with every record from now on: those of this process, and those that its LogServer receives.
 * Returns a function that ends this.
 */
export function onLogRecord(listener: (record: LogRecord) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Adds a winston transport, for example one that writes a file. Its infos have level, message, logger, host, process. */
export function addLogTransport(transport: Transport): void {
  logger.add(transport)
}

export function removeLogTransport(transport: Transport): void {
  logger.remove(transport)
}

/** Whether records are shown on standard error. Default: yes, but not while they go to another process's LogServer. */
export function setLogDisplay(wanted: boolean): void {
  displayWanted = wanted
  updateDisplay()
}

/** Tells the hub that a LogSender has taken over showing the records. */
export function setSending(sending: boolean): void {
  isSending = sending
  updateDisplay()
}

/** Shows at once the records that are held for sorting. */
export function flushDisplay(): void {
  display.flush()
}

function updateDisplay(): void {
  const wanted = displayWanted && !isSending
  if (wanted === logger.transports.includes(display)) return
  if (wanted) logger.add(display)
  else {
    display.flush()
    logger.remove(display)
  }
}

/** Packages that do not know this one publish what they have to say on a channel. */
function onChannelMessage(message: unknown): void {
  const { level, name, message: text, cause } = message as ChannelMessage
  if (levelNumber(level) < threshold) return
  const site = callSiteOf(onChannelMessage, 'node:')
  forwardRecord(makeLogRecord({ name, level, message: text, cause, site }))
}

interface ChannelMessage {
  readonly level: LogLevel
  readonly name: string
  readonly message: string
  readonly cause?: unknown
}

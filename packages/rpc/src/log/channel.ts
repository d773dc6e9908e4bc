import { subscribe } from 'node:diagnostics_channel'
import { callSiteOf } from './callSite.ts'
import { forwardRecord } from './hub.ts'
import { levelNumber, threshold, type LogLevel } from './levels.ts'
import { makeLogRecord } from './LogRecord.ts'

/** Channel on which packages that do not know rpc publish `{ level, name, message, cause? }`. */
export const LOG_CHANNEL = 'nodeacq:log'

interface ChannelMessage {
  readonly level: LogLevel
  readonly name: string
  readonly message: string
  readonly cause?: unknown
}

/** Turns the messages of the channel into records of this process. */
export function subscribeToLogChannel(): void {
  subscribe(LOG_CHANNEL, onMessage)
}

function onMessage(message: unknown): void {
  const { level, name, message: text, cause } = message as ChannelMessage
  if (levelNumber(level) < threshold) return
  forwardRecord(makeLogRecord({ name, level, message: text, cause, site: callSiteOf(onMessage, 'node:') }))
}

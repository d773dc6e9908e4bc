import { InvalidArgumentError, Option } from 'commander'
import type { LogLevel } from '@nodeacq/rpc'
import { LOG_LEVELS } from './Output.ts'

/** For options that may be repeated. */
export function collect(value: string, before: string[]): string[] {
  return [...before, value]
}

/** A number of seconds above 0. */
export function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (text.trim() === '' || !(seconds > 0) || seconds > 1e9)
    throw new InvalidArgumentError('Expected seconds, a number above 0.')
  return seconds
}

/**
 * Address that a server listens on, as pyacq takes it: `tcp://<IP, name of an interface, or *>:<port, or *>`.
 */
export function parseListenAddress(text: string): string {
  const port = /^tcp:\/\/(?:\*|\[[0-9a-f:.]+\]|[^\s:/]+):(\*|\d+)$/i.exec(text)?.[1]
  if (port === undefined || (port !== '*' && Number(port) > 65_535)) {
    throw new InvalidArgumentError('Expected tcp://<IP or *>:<port or *>, such as tcp://10.0.0.53:8000.')
  }
  return text
}

export function logLevelOption(): Option {
  return new Option('--log-level <level>', 'log records to show, on standard error')
    .choices(LOG_LEVELS)
    .default('warning' satisfies LogLevel)
}

import { InvalidArgumentError, Option } from 'commander'
import type { MetricsOptions } from '@nodeacq/core'
import type { LogLevel } from '@nodeacq/rpc'
import { isIP } from 'node:net'
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

/** Where metrics are served: a port of loopback, or `<IP>:<port>`. */
function parseMetricsAddress(text: string): MetricsOptions {
  const [, host, digits] = /^(?:(.+):)?(\d+|\*)$/.exec(text) ?? []
  const ip = host?.replace(/^\[(.*)\]$/, '$1')
  const port = digits === '*' ? 0 : Number(digits)
  if (!(port <= 65_535) || (ip !== undefined && ip !== 'localhost' && isIP(ip) === 0)) {
    throw new InvalidArgumentError('Expected a port such as 9464, or <IP>:<port>.')
  }
  return { port, ...(ip !== undefined && { host: ip }) }
}

/** `--metrics [address]`: its value is what `serveMetrics` takes. */
export function metricsOption(): Option {
  return new Option('--metrics [port]', 'serve metrics for Prometheus; <IP>:<port> beyond loopback needs --insecure')
    .argParser(parseMetricsAddress)
    .preset('*')
}

export function logLevelOption(): Option {
  return new Option('--log-level <level>', 'log records to show, on standard error')
    .choices(LOG_LEVELS)
    .default('warning' satisfies LogLevel)
}

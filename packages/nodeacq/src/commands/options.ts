import { InvalidArgumentError, Option } from 'commander'
import type { MetricsOptions } from '@nodeacq/core'
import type { LogLevel } from '@nodeacq/rpc'
import { isIP } from 'node:net'
import { LOG_LEVELS } from './Output.ts'

/** An option whose values are a list, in the order they were given. */
export function repeatedOption(flags: string, description: string): Option {
  const collect = (value: string, before: string[]): string[] => [...before, value]
  return new Option(flags, `${description}; may be repeated`).argParser(collect).default([], 'none')
}

/** A number of seconds above 0. */
export function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (text.trim() === '' || !(seconds > 0) || seconds > 1e9)
    throw new InvalidArgumentError('Expected seconds, a number above 0.')
  return seconds
}

/** Words that say why. */
export function parseReason(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('Expected the reason, in words.')
  return text
}

/** A whole number from 1. */
export function parseCount(text: string): number {
  const count = Number(text)
  if (text.trim() === '' || !Number.isInteger(count) || count < 1 || count > 1e9)
    throw new InvalidArgumentError('Expected a whole number from 1.')
  return count
}

/** A number above one bound, or not below another. */
export function parseNumber(bounds: { above: number } | { atLeast: number }): (text: string) => number {
  return (text) => {
    const value = Number(text)
    const isGood = 'above' in bounds ? value > bounds.above : value >= bounds.atLeast
    const range = 'above' in bounds ? `above ${bounds.above}` : `from ${bounds.atLeast}`
    if (text.trim() === '' || !isGood || value > 1e9) throw new InvalidArgumentError(`Expected a number ${range}.`)
    return value
  }
}

/** Address of a server that is to be reached: `tcp://<IP or name>:<port>`. */
export function parseAddress(text: string): string {
  const port = /^tcp:\/\/(?:\[[0-9a-f:.]+\]|[^\s:/*]+):(\d+)$/i.exec(text)?.[1]
  if (port === undefined || Number(port) > 65_535 || Number(port) === 0) {
    throw new InvalidArgumentError('Expected tcp://<IP or name>:<port>, such as tcp://10.0.0.53:8000.')
  }
  return text
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

/** A port to listen on, 0 for any free one. */
export function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('Expected a port, 0 to 65535.')
  return port
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

import { ConfigError } from '@nodeacq/core'

/** Where the plugin takes requests: on the port after that of its data. @throws {ConfigError} when `url` has no port. */
export function controlUrlOf(url: string, subject: string): string {
  const [, start, port] = /^(tcp:\/\/.+:)(\d{1,5})$/.exec(url) ?? []
  if (start === undefined || port === undefined) {
    throw new ConfigError(subject, [`'url': expected an address such as tcp://127.0.0.1:5556, got '${url}'`])
  }
  return `${start}${Number(port) + 1}`
}

/** Host and port of an address such as `tcp://127.0.0.1:5555`. */
export interface TcpAddress {
  readonly host: string
  readonly port: number
}

/** @throws {TypeError} when `address` has no host or no port. */
export function parseTcpAddress(address: string): TcpAddress {
  const [, host, port] = /^tcp:\/\/(.+):(\d+)$/.exec(address) ?? []
  if (host === undefined || port === undefined) throw new TypeError(`expected tcp://HOST:PORT, got '${address}'`)
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) }
}

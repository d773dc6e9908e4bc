let standard: string | undefined

/**
 * Sets the interface that outputs of this process listen on when nothing else is asked for: that of the host which
 * started the process, so that consumers on other machines can reach them.
 */
export function setNetworkInterface(name: string): void {
  standard = name
}

/** See `setNetworkInterface`; undefined for loopback, the streams' own default. */
export function networkInterface(): string | undefined {
  return standard
}

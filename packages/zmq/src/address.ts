const LOOPBACK = /^(127\.\d+\.\d+\.\d+|localhost|\[?::1\]?)$/

/** Whether an address can be reached from this machine only: loopback tcp, ipc, inproc. */
export function isLoopback(address: string): boolean {
  const [protocol, rest = ''] = address.split('://')
  if (protocol !== 'tcp') return true
  return LOOPBACK.test(rest.slice(0, rest.lastIndexOf(':')))
}

/**
 * The address as a peer may use it: `tcp://0.0.0.0:5555` and `tcp://*:5555` name no machine, so `host` takes the
 * place of the wildcard. Other addresses come back as they are.
 */
export function withAdvertisedHost(address: string, host: string): string {
  return address.replace(/^tcp:\/\/(0\.0\.0\.0|\*|\[::\]):/, `tcp://${host}:`)
}

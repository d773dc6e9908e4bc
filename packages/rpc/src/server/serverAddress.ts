import { hostname, networkInterfaces } from 'node:os'
import { withAdvertisedHost } from '@nodeacq/zmq'

const WILDCARD = /^tcp:\/\/(?:0\.0\.0\.0|\*|\[::\]):/
const LOOPBACK = /^tcp:\/\/(?:127\.0\.0\.1|localhost|\[::1\]):/

/**
 * What proxies carry for a server bound to `bound`. A wildcard names no machine: `advertise` (a host, or a whole
 * address) takes its place, by default this machine's first address that is not loopback. (Which address a peer
 * connected to cannot be learnt from a ROUTER; nodeacq's clients put theirs in place of this one.)
 */
export function advertisedAddress(bound: string, advertise?: string): string {
  if (advertise?.includes('://')) return advertise
  if (advertise !== undefined) return bound.replace(/^tcp:\/\/.*:(?=\d+$)/, `tcp://${advertise}:`)
  return withAdvertisedHost(bound, firstAddress() ?? '127.0.0.1')
}

/** Every address under which peers on this machine or elsewhere may know a server. */
export function addressesOf(bound: string, advertised: string): ReadonlySet<string> {
  const addresses = new Set([bound, advertised])
  const port = bound.slice(bound.lastIndexOf(':') + 1)
  if (WILDCARD.test(bound)) {
    const hosts = Object.values(networkInterfaces()).flatMap((list) => list?.map(textOf) ?? [])
    for (const host of [...hosts, '127.0.0.1', 'localhost', hostname()]) addresses.add(`tcp://${host}:${port}`)
  }
  if (LOOPBACK.test(bound)) for (const host of ['127.0.0.1', 'localhost']) addresses.add(`tcp://${host}:${port}`)
  return addresses
}

function textOf({ address, family }: { address: string; family: string }): string {
  return family === 'IPv6' ? `[${address}]` : address
}

function firstAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return all.find(({ internal, family }) => !internal && family === 'IPv4')?.address
}

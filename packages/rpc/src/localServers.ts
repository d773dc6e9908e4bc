import type { Holder } from './server/ObjectTable.ts'
import type { ProxyRecord } from './serialize/markers.ts'

/** A server of this process, as clients and proxies of this process see it. */
export interface LocalServer {
  /** What its proxies carry. */
  readonly address: string
  /** Every address that means this server. */
  readonly addresses: ReadonlySet<string>
  /** The object that a proxy of this server stands for. */
  resolve(record: ProxyRecord, holder: Holder | undefined): unknown
  /** A proxy of an object of this process, held by `holder`. */
  reference(object: object, holder: Holder): ProxyRecord
  /** Ends what a holder holds. */
  release(holder: Holder): void
}

const servers = new Set<LocalServer>()
const byAddress = new Map<string, LocalServer>()

export function addLocalServer(server: LocalServer): void {
  servers.add(server)
  for (const address of server.addresses) byAddress.set(address, server)
}

export function removeLocalServer(server: LocalServer): void {
  servers.delete(server)
  for (const address of server.addresses) if (byAddress.get(address) === server) byAddress.delete(address)
}

/** The server of this process at an address. */
export function localServerAt(address: string): LocalServer | undefined {
  return byAddress.get(address)
}

/** The server that owns what this process sends out: the first one that was started and still runs. */
export function currentServer(): LocalServer | undefined {
  return servers.values().next().value
}

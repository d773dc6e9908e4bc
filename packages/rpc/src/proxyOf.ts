import { LocalHandle } from './client/LocalHandle.ts'
import { RpcClient } from './client/RpcClient.ts'
import { currentServer } from './localServers.ts'
import type { LocalServer } from './localServers.ts'
import { ProxyState, proxyOfState } from './proxy.ts'
import type { Remote } from './Remote.ts'
import { isRemote } from './serialize/kinds.ts'
import { RpcServer } from './server/RpcServer.ts'

let starting: Promise<RpcServer> | undefined

const access = {
  async server(): Promise<LocalServer> {
    for (;;) {
      const server = currentServer()
      if (server) return server
      starting ??= RpcServer.start().finally(() => {
        starting = undefined
      })
      await starting
    }
  },
  connect: (address: string) => RpcClient.get(address)
}

/**
 * A proxy of an object or function of this process, to be given to others as an argument:
 * `await source.onData(proxyOf((chunk) => …))`. The first use starts this process's `RpcServer` on loopback when none
 * runs. A proxy is given back as it is.
 */
export function proxyOf<T extends object>(object: T): Remote<T> {
  if (isRemote(object)) return object as unknown as Remote<T>
  return proxyOfState(new ProxyState(new LocalHandle(object, access), [], {})) as Remote<T>
}

import { onLogRecord, RpcServer } from '@nodeacq/rpc'
import { removeAbandonedSharedMemory } from '@nodeacq/stream'
import { pyacqDialect } from './dialect/pyacqDialect.ts'
import { Host } from './Host.ts'
import { Manager } from './Manager.ts'
import { useLogServer } from './sharedLogServer.ts'
import { setImportRoots } from './userModules.ts'

export interface ServerOptions {
  /** Where to listen; `*` as port is any free one. Default `tcp://127.0.0.1:*`. */
  address?: string
  /** Needed for an address beyond loopback, until servers have keys. */
  insecure?: boolean
  /** Name or address that peers are given when the server listens on a wildcard. */
  advertise?: string
  /** Folders whose modules may be imported here and in the groups. Default: the working directory. */
  importRoots?: readonly string[]
  name?: string
}

/** A host or manager that listens until it is closed. */
export interface RunningServer<T> extends AsyncDisposable {
  /** The real address, with the port. */
  readonly address: string
  readonly served: T
  /** Resolves when the server has ended, also when a client asked for it. */
  readonly closed: Promise<void>
  close(): Promise<void>
}

/** Starts what `host_server` starts: an RPC server with a Host, published as `host`. @throws {AddressInUseError} */
export async function startHost(options: ServerOptions = {}): Promise<RunningServer<Host>> {
  const { address = 'tcp://127.0.0.1:*', importRoots = [process.cwd()], insecure, advertise, name } = options
  setImportRoots(importRoots)
  removeAbandonedSharedMemory()
  const logs = await useLogServer()
  const server = await RpcServer.start({ address, importRoots, insecure, advertise, dialect: pyacqDialect })
  const host = new Host({
    interface: interfaceOf(address),
    importRoots,
    logAddress: logs.address,
    ...(insecure !== undefined && { insecure }),
    ...(advertise !== undefined && { advertise }),
    ...(name !== undefined && { name })
  })
  const stopForwarding = onLogRecord((record) => host.forwardLog(record))
  server.publish('host', host)
  return running(server, host, async () => {
    stopForwarding()
    await host.close()
    await logs.leave()
  })
}

/** Starts a manager for other programs to drive, published as `manager`. @throws {AddressInUseError} */
export async function startManager(options: ServerOptions = {}): Promise<RunningServer<Manager>> {
  const { address = 'tcp://127.0.0.1:*', importRoots = [process.cwd()], insecure, advertise } = options
  setImportRoots(importRoots)
  const logs = await useLogServer()
  const server = await RpcServer.start({ address, importRoots, insecure, advertise, dialect: pyacqDialect })
  const manager = new Manager({ importRoots })
  server.publish('manager', manager)
  return running(server, manager, async () => {
    await manager.close()
    await logs.leave()
  })
}

function running<T>(server: RpcServer, served: T, end: () => Promise<void>): RunningServer<T> {
  let ending: Promise<void> | undefined
  const finish = () => (ending ??= end())
  const closed = server.closed.then(finish)
  const close = async () => {
    await finish()
    await server.close()
    await closed
  }
  return { address: server.address, served, closed, close, [Symbol.asyncDispose]: close }
}

function interfaceOf(address: string): string {
  const rest = address.replace(/^tcp:\/\//, '')
  return rest.slice(0, rest.lastIndexOf(':')) || '127.0.0.1'
}

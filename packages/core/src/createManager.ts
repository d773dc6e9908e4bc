import {
  getLogger,
  isRemote,
  logLevelNumber,
  proxyOf,
  release,
  RpcServer,
  setProcessName,
  spawnProcess,
  type LogLevel,
  type Remote,
  type SpawnedProcess
} from '@nodeacq/rpc'
import { childEntry } from './childProcess.ts'
import { pyacqDialect } from './dialect/pyacqDialect.ts'
import { Manager } from './Manager.ts'
import type { ManagerOptions } from './ManagerOptions.ts'
import { NodeGroup } from './NodeGroup.ts'
import { useLogServer } from './sharedLogServer.ts'

/** A manager as a script holds it: its methods, plus the group of nodes that the script makes itself. */
export type ManagerHandle = Remote<Manager> & {
  /** The nodes of this process. Nodes added here are started and stopped with the rest of the graph. */
  readonly localGroup: NodeGroup
} & AsyncDisposable

export interface CreateManagerOptions extends ManagerOptions {
  /** `rpc` (default): a process of its own; `local`: in this process. */
  mode?: 'rpc' | 'local'
  /** Level of the manager's process and of the groups it starts. Default: this process's. */
  logLevel?: LogLevel | number
}

const log = getLogger('nodeacq.createManager')

/**
 * Starts a manager, and a log server in this process that the records of all its processes come to.
 * Closing the handle (`await using`, or `close`) stops the graph in order and leaves no process behind.
 * @throws {SpawnError} when the manager's process does not come up.
 */
export async function createManager({
  mode = 'rpc',
  logLevel,
  ...options
}: CreateManagerOptions = {}): Promise<ManagerHandle> {
  if (mode !== 'rpc' && mode !== 'local') {
    throw new TypeError(`createManager: mode must be 'rpc' or 'local', got ${JSON.stringify(mode)}`)
  }
  setProcessName('main_process')
  const logs = await useLogServer()
  const localGroup = new NodeGroup({ name: 'script' })
  const place = { name: 'script', host: 'script' }
  if (mode === 'local') {
    const manager = new Manager(options)
    manager.registerGroup(localGroup as unknown as Remote<NodeGroup>, place)
    return handle(manager as unknown as Remote<Manager>, localGroup, async () => {
      await manager.close()
      await logs.leave()
    })
  }
  const child = await spawnProcess({
    name: 'manager_proc',
    entry: childEntry({ importRoots: options.importRoots ?? [process.cwd()] }),
    logAddress: logs.address,
    logLevel: logLevel ?? logLevelNumber()
  })
  const core = await child.client.import<{ Manager: (options: ManagerOptions) => Promise<Remote<Manager>> }>(
    'pyacq.core.manager'
  )
  const manager = await (core as unknown as { Manager(options: object): Promise<Remote<Manager>> }).Manager(options)
  await child.client.set('manager', manager)
  // The manager calls the group of this process, which takes a server here; one that was not there before ends with us.
  const server = RpcServer.current() ? undefined : await RpcServer.start({ dialect: pyacqDialect })
  await manager.registerGroup(proxyOf(localGroup), place)
  return handle(manager, localGroup, async () => {
    await endManager(child, manager)
    await server?.close()
    await logs.leave()
  })
}

async function endManager(child: SpawnedProcess, manager: Remote<Manager>): Promise<void> {
  await manager.close().catch((error: unknown) => log.warning('closing the manager', error))
  await child.stop()
}

/** The proxy (or the manager itself) with the two members that only the script's side can have. */
function handle(manager: Remote<Manager>, localGroup: NodeGroup, end: () => Promise<void>): ManagerHandle {
  let closed: Promise<void> | undefined
  const close = () =>
    (closed ??= localGroup
      .stopAllNodes()
      .catch((error: unknown) => log.warning('stopping the nodes of this process', error))
      .then(end)
      .then(() => localGroup.close())
      .then(() => (isRemote(manager) ? release(manager) : undefined)))
  const own: Record<PropertyKey, unknown> = { localGroup, close, [Symbol.asyncDispose]: close }
  return new Proxy(manager as object, {
    get: (target, key) => {
      if (Object.hasOwn(own, key)) return own[key]
      const value: unknown = Reflect.get(target, key, target)
      return manager instanceof Manager && typeof value === 'function' ? value.bind(target) : value
    }
  }) as ManagerHandle
}

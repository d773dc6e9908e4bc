import { pyacqDialect, type ManagerHandle } from '@nodeacq/core'
import { RpcServer } from '@nodeacq/rpc'
import type { Graph } from '../graph/Graph.ts'
import { announceRun } from './announceRun.ts'

/** Where the manager of a run listens. */
export interface ListenOptions {
  /** Default: any free port of loopback. */
  readonly address?: string | undefined
  /** Needed for an address beyond loopback. */
  readonly insecure?: boolean | undefined
  /** Whether `nodeacq record` finds the run without its address; default true. */
  readonly announce?: boolean | undefined
}

/** The manager of a run as other programs reach it: `nodeacq record`, pyacq's RPC clients. */
export interface ServedManager {
  readonly address: string
  close(): Promise<void>
}

/** Publishes the manager of a run as `manager`, and lets programs of the same user find it. */
export async function serveManager(
  manager: ManagerHandle,
  graph: Graph,
  { address = 'tcp://127.0.0.1:*', insecure = false, announce = true }: ListenOptions
): Promise<ServedManager> {
  const server = await RpcServer.start({ address, insecure, dialect: pyacqDialect, importRoots: [] })
  server.publish('manager', manager)
  const nothing = (): Promise<void> => Promise.resolve()
  const run = { address: server.address, graph: graph.name, file: graph.file }
  // Whoever cannot write there can still give the address.
  const withdraw = announce ? await announceRun(run).catch(() => nothing) : nothing
  const close = async (): Promise<void> => {
    await withdraw()
    await server.close()
  }
  return { address: server.address, close }
}

import type { Manager } from '@nodeacq/core'
import { RemoteError, RpcClient, type Remote } from '@nodeacq/rpc'
import { ArgumentError, NodeacqError } from '../errors.ts'
import { announcedRuns } from './announceRun.ts'

/**
 * Calls the manager of a run, by default the only one of this user on this machine. Its own words about what is wrong are
 * passed on. @throws {NodeacqError} @throws {ArgumentError} when it is not clear which run is meant.
 */
export async function withManager<T>(
  { manager: given }: { readonly manager?: string | undefined },
  work: (manager: Remote<Manager>) => Promise<T>
): Promise<T> {
  const address = given ?? (await onlyRun())
  const client = await RpcClient.connect(address).catch((cause: unknown) => {
    throw new NodeacqError(`no run answers at ${address}: ${(cause as Error).message}`, { cause })
  })
  try {
    return await work(await client.get<Remote<Manager>>('manager'))
  } catch (error) {
    // What is wrong over there is said there; that it was said in a call is nobody's concern.
    if (error instanceof RemoteError) throw new NodeacqError(error.remoteMessage, { cause: error })
    throw error
  } finally {
    await client.close()
  }
}

async function onlyRun(): Promise<string> {
  const runs = await announcedRuns()
  if (runs.length === 1) return runs[0]!.address
  if (runs.length === 0) {
    throw new ArgumentError("no run of yours on this machine; start one with 'nodeacq run', or name one with --manager")
  }
  const list = runs.map(({ graph, address, pid }) => `  --manager ${address}  ${graph} (process ${pid})`)
  throw new ArgumentError(`several runs on this machine; choose one:\n${list.join('\n')}`)
}

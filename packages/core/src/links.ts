import { equals, isRemote, RpcClient, withOptions, type ExitReport, type Remote } from '@nodeacq/rpc'
import type { Host } from './Host.ts'
import type { HostClock } from './HostClock.ts'
import type { NodeGroup } from './NodeGroup.ts'
import type { GroupState } from './status.ts'

/** A group that does not answer a question for its status within this time, ms, is `unresponsive`. */
export const ANSWER_TIME = 2000

/** A host as the manager knows it. */
export interface HostLink {
  readonly name: string
  readonly address: string
  readonly host: Remote<Host>
  /** The connection to it; undefined for the manager's own. */
  readonly client?: RpcClient
  readonly clock: HostClock
  state: 'connected' | 'lost'
}

/** A group as the manager knows it. */
export interface GroupLink {
  readonly name: string
  readonly hostName: string
  group: Remote<NodeGroup>
  state: GroupState
  exit: ExitReport | null
}

/** Whether the group's process is there, as far as is known. */
export function isAlive(link: GroupLink): boolean {
  return link.state === 'running' || link.state === 'unresponsive'
}

/**
 * Connects anew to the group of a process whose connection broke although it lives: it was stopped, or its network was
 * gone. @throws {ConnectError} while it does not answer.
 */
export async function regainGroup(address: string): Promise<Remote<NodeGroup>> {
  const client = await RpcClient.connect(address, { connectTimeout: ANSWER_TIME })
  return client.get<Remote<NodeGroup>>('nodegroup')
}

/** Whether two of them are the same object; a local one is only itself. */
export async function sameObject(a: object, b: unknown): Promise<boolean> {
  return a === b || (isRemote(a) && isRemote(b) && (await equals(a, b)))
}

/** The object with another time limit for calls, ms; a local one has none. */
export function within<T extends object>(timeout: number, target: T): T {
  return isRemote(target) ? withOptions(target, { timeout }) : target
}

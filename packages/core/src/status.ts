import type { ExitReport } from '@nodeacq/rpc'
import type { Delivery, InputStatus, OutputStatus } from '@nodeacq/stream'
import type { HostClockStatus } from './HostClock.ts'
import type { NodeState } from './nodeState.ts'
import type { RecordStatus } from './recording/RecordControl.ts'

/** What went wrong in a node, in a form that travels. */
export interface NodeFailure {
  /** Class of the error, e.g. `DeviceError`. */
  readonly name: string
  readonly code?: string
  readonly message: string
}

/** One node as it stands now. */
export interface NodeStatus {
  readonly name: string
  /** Registered type name, e.g. `SosFilter`. */
  readonly type: string
  readonly state: NodeState
  readonly error: NodeFailure | null
  /** Share of one core that the node's process used of late, 0–n; nodes of one group share a process. */
  readonly cpu: number
  readonly inputs: readonly InputStatus[]
  readonly outputs: readonly OutputStatus[]
  /** Files or folders that the node has written or is writing. */
  readonly recordings: readonly string[]
  /** The recording it makes, or made last; nodes that record nothing have none. */
  readonly recording?: RecordStatus
  /** How far a finite source is, 0–1; null for sources without an end. */
  readonly progress: number | null
  /** What else the node counts in this run, e.g. `{ nonFiniteSamples: 0 }`. */
  readonly counters: Readonly<Record<string, number>>
}

export const GROUP_STATES = ['running', 'unresponsive', 'dead', 'closed'] as const

/** `unresponsive`: the process lives and does not answer; `dead`: it is gone although nobody closed it. */
export type GroupState = (typeof GROUP_STATES)[number]

export interface GroupStatus {
  readonly name: string
  /** Name of the host the group runs on; `local` is the manager's own machine, `script` the program that drives it. */
  readonly host: string
  readonly state: GroupState
  readonly pid: number | null
  readonly exit: ExitReport | null
  /** Share of one core of late. */
  readonly cpu: number
  /** Processor time that the process has used, s. */
  readonly cpuSeconds: number
  /** Resident memory, bytes. */
  readonly memory: number
  /** Where the process itself serves its metrics; null unless it was asked to. */
  readonly metrics: string | null
}

export interface HostStatus {
  readonly name: string
  readonly address: string
  readonly state: 'connected' | 'lost'
  /** How the monotonic clock of its machine stands against the manager's; null while that is not known. */
  readonly clock: HostClockStatus | null
  readonly groups: readonly string[]
}

/** One edge of the graph: what an input got from the output it is connected to. Counts are samples unless named otherwise. */
export interface EdgeStatus {
  /** `node.output`; a source outside the graph is its address. */
  readonly from: string
  /** `node.input`. */
  readonly to: string
  readonly protocol: string
  readonly transferMode: string
  readonly delivery: Delivery
  readonly chunks: number
  readonly samples: number
  readonly lostSamples: number
  readonly skippedSamples: number
  readonly duplicatedSamples: number
  readonly gaps: number
  readonly stalled: boolean
  readonly latencyMs: { readonly p50: number; readonly p99: number } | null
}

export interface ManagerStatus {
  readonly hosts: readonly HostStatus[]
  readonly groups: readonly GroupStatus[]
  readonly nodes: readonly (NodeStatus & { readonly group: string; readonly host: string })[]
  readonly edges: readonly EdgeStatus[]
}

/** Of a group that does not answer. */
export const SILENT = {
  pid: null,
  cpu: 0,
  cpuSeconds: 0,
  memory: 0,
  metrics: null
} as const satisfies Partial<GroupStatus>

/** An error in the form that travels in a status. */
export function failureOf(error: Error): NodeFailure {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return { name: error.name, message: error.message, ...(code !== undefined && { code }) }
}

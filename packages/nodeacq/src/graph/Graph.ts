import type { Delivery, OutputOptions } from '@nodeacq/stream'
import type { Place } from './SourceText.ts'

/** Name of the host that is always there: the machine of the manager. */
export const LOCAL_HOST = 'local'

/** Group of the nodes that name none. */
export const DEFAULT_GROUP = 'main'

/** A graph file that was read and found right. Every part knows its place in the file. */
export interface Graph {
  readonly name: string
  /** As the user named it; messages point into it. */
  readonly file: string
  readonly hosts: readonly GraphHost[]
  readonly modules: readonly GraphModule[]
  readonly groups: readonly GraphGroup[]
  /** Sources first: every node stands after the nodes it takes data from. */
  readonly nodes: readonly GraphNode[]
  readonly require: Requirements
  /** The recording folder, absolute; undefined when nothing in the file says `${out}`. */
  readonly out: string | undefined
}

export interface GraphHost {
  readonly name: string
  readonly address: string
  readonly place: Place
}

export interface GraphModule {
  /** As written; relative to the graph file. */
  readonly path: string
  /** Absolute path on this machine. */
  readonly absolutePath: string
  /** Only groups of this host load it; undefined: every group. */
  readonly host: string | undefined
  readonly place: Place
}

export interface GraphGroup {
  readonly name: string
  readonly host: string
  readonly place: Place
}

export interface GraphNode {
  readonly name: string
  readonly type: string
  readonly group: string
  /** Options of `configure` under our names, as written (the node's own schema fills in the defaults). */
  readonly configure: Readonly<Record<string, unknown>>
  readonly params: Readonly<Record<string, unknown>>
  readonly inputs: readonly GraphInput[]
  /** Options of those outputs that the file names. */
  readonly outputs: Readonly<Record<string, OutputOptions>>
  readonly place: Place
}

export interface GraphInput {
  readonly name: string
  readonly from: StreamName
  /** Undefined: the default of the node's type. */
  readonly delivery: Delivery | undefined
  readonly place: Place
}

/** `node.output` in two parts. */
export interface StreamName {
  readonly node: string
  readonly output: string
}

/** What must hold before a run may start. */
export interface Requirements {
  readonly streams: readonly RequiredStream[]
  /** Minutes that the recorders must be able to go on with the space that is free. */
  readonly diskFreeMinutes: number | undefined
  readonly place: Place | undefined
}

export interface RequiredStream extends StreamName {
  /** Hz; undefined: any rate. */
  readonly sampleRate: number | undefined
  readonly place: Place
}

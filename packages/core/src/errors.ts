import type { NodeCall, NodeState } from './nodeState.ts'

/** Base of the errors of nodes, groups, hosts and the manager; `code` is stable, the message is for people. */
export class NodeError extends Error {
  override readonly name: string = 'NodeError'
  readonly code: string = 'NODE'
}

/** A call that is not legal in the state the node is in. */
export class NodeStateError extends NodeError {
  override readonly name = 'NodeStateError'
  override readonly code = 'NODE_STATE'
  readonly node: string
  readonly state: NodeState
  readonly call: NodeCall

  constructor(refused: {
    node: string
    state: NodeState
    call: NodeCall
    legal: readonly NodeState[]
    hindrance: string
  }) {
    const { node, state, call, legal, hindrance } = refused
    super(`Cannot ${call} Node ${node} : the Node is ${hindrance} (state '${state}'; legal in ${legal.join(', ')})`)
    this.node = node
    this.state = state
    this.call = call
  }
}

/** Options that do not fit a node's schema; every mistake is in the message. */
export class ConfigError extends NodeError {
  override readonly name = 'ConfigError'
  override readonly code = 'NODE_CONFIG'
  readonly problems: readonly string[]

  constructor(subject: string, problems: readonly string[]) {
    super(`${subject}: ${problems.join('; ')}`)
    this.problems = problems
  }
}

/** No class is registered under the name. */
export class UnknownNodeTypeError extends NodeError {
  override readonly name = 'UnknownNodeTypeError'
  override readonly code = 'UNKNOWN_NODE_TYPE'
  readonly type: string
  readonly nearest: readonly string[]

  constructor(type: string, nearest: readonly string[]) {
    const hint = nearest.length ? `; did you mean ${nearest.map((name) => `'${name}'`).join(' or ')}?` : ''
    super(`unknown node type '${type}'${hint}`)
    this.type = type
    this.nearest = nearest
  }
}

/** A registration that cannot be: no Node subclass, or a name that is taken. */
export class NodeTypeError extends NodeError {
  override readonly name = 'NodeTypeError'
  override readonly code = 'NODE_TYPE'
}

/** A stream, node, group or host that is not there. */
export class NotFoundError extends NodeError {
  override readonly name = 'NotFoundError'
  override readonly code = 'NOT_FOUND'
}

/** A name that is used already. */
export class NameTakenError extends NodeError {
  override readonly name = 'NameTakenError'
  override readonly code = 'NAME_TAKEN'
}

/** The device, file or disk behind a node does not do what the node needs. */
export class DeviceError extends NodeError {
  override readonly name: string = 'DeviceError'
  override readonly code: string = 'DEVICE'
}

/** An optional npm package, or a program of the system, that a node needs is not installed. */
export class MissingPackageError extends NodeError {
  override readonly name = 'MissingPackageError'
  override readonly code = 'MISSING_PACKAGE'
  readonly packageName: string

  /** @param options.install how to get it, default by npm */
  constructor(packageName: string, neededFor: string, options: { cause?: unknown; install?: string } = {}) {
    const { cause, install = `npm install ${packageName}` } = options
    super(`${neededFor} needs '${packageName}', which is not installed; install it with: ${install}`, { cause })
    this.packageName = packageName
  }
}

/** A host that cannot be reached, or a server that is no host. */
export class HostError extends NodeError {
  override readonly name = 'HostError'
  override readonly code = 'HOST'
  readonly address: string

  constructor(address: string, message: string, cause?: unknown) {
    super(`host ${address}: ${message}`, { cause })
    this.address = address
  }
}

/** A node group's process that could not be started, or that is gone. */
export class GroupError extends NodeError {
  override readonly name = 'GroupError'
  override readonly code = 'GROUP'
  readonly group: string

  constructor(group: string, message: string, cause?: unknown) {
    super(`node group '${group}': ${message}`, { cause })
    this.group = group
  }
}

/** Metrics that cannot be served at an address. */
export class MetricsError extends NodeError {
  override readonly name = 'MetricsError'
  override readonly code: 'METRICS' | 'ADDRESS' | 'INSECURE_ADDRESS'
  readonly address: string

  constructor(
    address: string,
    reason: string,
    { code = 'METRICS', cause }: { code?: MetricsError['code']; cause?: unknown } = {}
  ) {
    super(`metrics cannot be served at ${address}: ${reason}`, { cause })
    this.code = code
    this.address = address
  }
}

/** Something was asked of a running node that only a stopped one can do. */
export class NodeRunningError extends NodeError {
  override readonly name = 'NodeRunningError'
  override readonly code = 'NODE_RUNNING'

  constructor(node: string) {
    super(`Refusing to remove Node while it is running. (node '${node}')`)
  }
}

/** A recording that cannot be started, ended or annotated. */
export class RecordError extends NodeError {
  override readonly name = 'RecordError'
  override readonly code = 'RECORD'
  /** What of the recording contract is not met, one sentence each; empty when that is not the reason. */
  readonly unmet: readonly string[]

  constructor(message: string, { unmet = [] }: { unmet?: readonly string[] } = {}) {
    super(message)
    this.unmet = unmet
  }
}

/** Base of every error of `@nodeacq/rpc`; `code` is stable, the message is for people. */
export class RpcError extends Error {
  override readonly name: string = 'RpcError'
  readonly code: string = 'RPC'
}

/** A value cannot travel, or a message cannot be understood. */
export class SerializeError extends RpcError {
  override readonly name = 'SerializeError'
  override readonly code = 'SERIALIZE'
}

/**
 * A request that the server refuses or cannot carry out, with the name of the Python exception that pyacq raises at
 * this place (`KeyError` for a missing item, `AttributeError` for a missing attribute).
 */
export class RequestError extends RpcError {
  override readonly name = 'RequestError'
  override readonly code = 'REQUEST'
  readonly type: string

  constructor(type: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.type = type
  }
}

/** The call failed in the other process. */
export class RemoteError extends RpcError {
  override readonly name = 'RemoteError'
  override readonly code = 'REMOTE'
  /** Class name of the exception over there: `KeyError`, `AssertionError`. */
  readonly type: string
  /** What it says, without the class name. */
  readonly remoteMessage: string
  /** Name and code of a nodeacq error over there, when it was one: `NodeStateError`, `NODE_STATE`. */
  readonly remoteName: string | undefined
  readonly remoteCode: string | undefined
  /** The lines of the other process's trace, as they came. */
  readonly trace: readonly string[]
  readonly address: string

  constructor(type: string, trace: readonly string[], { address, what }: { address: string; what: string }) {
    const last = (trace.at(-1) ?? type).trimEnd()
    const text = last.replace(/^[\w.]+(?:: |$)/, '')
    const own = / \[(\w+),? ([A-Z][A-Z0-9_]*)\]$/.exec(text)
    const remoteMessage = own ? text.slice(0, own.index) : text
    super(`${type}: ${remoteMessage} (${what} at ${address})`)
    this.type = type
    this.remoteMessage = remoteMessage
    this.remoteName = own?.[1]
    this.remoteCode = own?.[2]
    this.trace = trace
    this.address = address
  }
}

/** No reply within the time limit; the call may still be running over there. */
export class RpcTimeoutError extends RpcError {
  override readonly name = 'RpcTimeoutError'
  override readonly code = 'RPC_TIMEOUT'
  readonly address: string
  /** ms */
  readonly timeout: number

  constructor(what: string, { address, timeout }: { address: string; timeout: number }) {
    super(`${what} at ${address}: expected a reply within ${timeout} ms, got none; it may still be running there`)
    this.address = address
    this.timeout = timeout
  }
}

/** No RPC server answers at the address. */
export class ConnectError extends RpcError {
  override readonly name = 'ConnectError'
  override readonly code = 'CONNECT'
  readonly address: string

  constructor(address: string, reason: string, options?: ErrorOptions) {
    super(`cannot reach an RPC server at ${address}: ${reason}`, options)
    this.address = address
  }
}

/** The server closed, died or became unreachable; every pending and later call rejects with this. */
export class DisconnectedError extends RpcError {
  override readonly name = 'DisconnectedError'
  override readonly code = 'DISCONNECTED'
  readonly address: string
  /** What happened. */
  readonly reason: string

  constructor(address: string, reason: string, options?: ErrorOptions) {
    super(`the connection to the RPC server at ${address} is over: ${reason}`, options)
    this.address = address
    this.reason = reason
  }
}

/** A proxy was used after `release`. */
export class ReleasedError extends RpcError {
  override readonly name = 'ReleasedError'
  override readonly code = 'RELEASED'
}

/** A server was asked to listen where other machines reach it, without `insecure: true`. */
export class InsecureAddressError extends RpcError {
  override readonly name = 'InsecureAddressError'
  override readonly code = 'INSECURE_ADDRESS'
  readonly address: string

  constructor(address: string) {
    super(
      `RpcServer at ${address}: expected a loopback address such as tcp://127.0.0.1:*, because whoever reaches the server ` +
        `controls it; pass insecure: true (--insecure) on a network you trust`
    )
    this.address = address
  }
}

/** A process did not start, or did not become ready. */
export class SpawnError extends RpcError {
  override readonly name = 'SpawnError'
  override readonly code = 'SPAWN'
  /** Program and arguments that were run. */
  readonly command: readonly string[]
  /** Trace that the child sent before it gave up; empty when it said nothing. */
  readonly trace: readonly string[]
  /** What it wrote last on standard output and standard error. */
  readonly lastLines: readonly string[]

  constructor(
    message: string,
    details: { command: readonly string[]; trace?: readonly string[]; lastLines?: readonly string[]; cause?: unknown }
  ) {
    const { command, trace = [], lastLines = [], cause } = details
    const said = trace.length > 0 ? trace.join('') : lastLines.join('\n')
    super(said === '' ? message : `${message}\n  ${said.trimEnd().replaceAll('\n', '\n  ')}`, { cause })
    this.command = command
    this.trace = trace
    this.lastLines = lastLines
  }
}

/** A log server or sender was asked for that this process cannot have. */
export class LogError extends RpcError {
  override readonly name = 'LogError'
  override readonly code = 'LOG'
}

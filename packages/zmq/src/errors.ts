/** Base of every error of `@nodeacq/zmq`; `code` is stable, the message is for people. */
export class ZmqError extends Error {
  override readonly name: string = 'ZmqError'
  readonly code: string = 'ZMQ'
}

/** Another socket already listens on the address. */
export class AddressInUseError extends ZmqError {
  override readonly name = 'AddressInUseError'
  override readonly code = 'ADDRESS_IN_USE'
  readonly address: string

  constructor(address: string, cause?: unknown) {
    super(`cannot listen on ${address}: the address is in use by another socket; choose another port, or * for any`, {
      cause
    })
    this.address = address
  }
}

/** The text is no address that zeromq can bind or connect, or no interface of this machine. */
export class AddressError extends ZmqError {
  override readonly name = 'AddressError'
  override readonly code = 'ADDRESS'
  readonly address: string

  constructor(address: string, verb: 'listen on' | 'connect to', cause?: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(
      `cannot ${verb} ${JSON.stringify(address)}: expected an address such as tcp://127.0.0.1:5555, got: ${reason}`,
      {
        cause
      }
    )
    this.address = address
  }
}

/** The socket was closed while, or before, it was used. */
export class SocketClosedError extends ZmqError {
  override readonly name = 'SocketClosedError'
  override readonly code = 'SOCKET_CLOSED'

  constructor(what: string) {
    super(`${what} is closed`)
  }
}

/** The ROUTER knows no live connection of that identity. */
export class UnreachablePeerError extends ZmqError {
  override readonly name = 'UnreachablePeerError'
  override readonly code = 'UNREACHABLE_PEER'

  constructor(cause?: unknown) {
    super('no peer with that identity is connected', { cause })
  }
}

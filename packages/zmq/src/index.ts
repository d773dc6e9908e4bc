export { ZmqSocket, openSockets } from './ZmqSocket.ts'
export type { ConnectionEvent, Frame, SocketKind, SocketOptions } from './ZmqSocket.ts'
export { AddressError, AddressInUseError, SocketClosedError, UnreachablePeerError, ZmqError } from './errors.ts'
export { isLoopback, withAdvertisedHost } from './address.ts'

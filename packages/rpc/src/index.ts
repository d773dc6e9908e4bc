export { RpcServer } from './server/RpcServer.ts'
export type { ServerOptions } from './server/RpcServer.ts'
export { RpcClient } from './client/RpcClient.ts'
export type { ConnectOptions } from './client/RpcClient.ts'
export type { CallOptions, ReturnType } from './client/Caller.ts'
export { proxyOf } from './proxyOf.ts'
export {
  addressOf,
  equals,
  getItem,
  isRemote,
  kwargs,
  KeywordArguments,
  lengthOf,
  release,
  setAttribute,
  setItem,
  valueOf,
  withOptions
} from './controls.ts'
export type { ProxyOptions } from './proxy.ts'
export type { Remote, RemoteArgument, RemoteMember, RemoteValue } from './Remote.ts'
export { plainDialect } from './dialect.ts'
export type { Dialect, ErrorPlace } from './dialect.ts'
export { float } from './serialize/float.ts'
export { CalendarDate, MicrosecondDate } from './serialize/dates.ts'
export { registerSerializer } from './serialize/registry.ts'
export type { Serializer, Tree } from './serialize/Serializer.ts'
export {
  ConnectError,
  DisconnectedError,
  InsecureAddressError,
  ReleasedError,
  RemoteError,
  RequestError,
  RpcError,
  RpcTimeoutError,
  SerializeError
} from './errors.ts'

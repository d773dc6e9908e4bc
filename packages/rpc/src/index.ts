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
  lengthOf,
  release,
  setAttribute,
  setItem,
  valueOf,
  withOptions
} from './controls.ts'
export type { KeywordArguments } from './KeywordArguments.ts'
export type { ProxyOptions } from './proxy.ts'
export type { Remote, RemoteArgument, RemoteMember, RemoteValue } from './Remote.ts'
export { importFrom } from './server/importModule.ts'
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
  LogError,
  ReleasedError,
  RemoteError,
  RequestError,
  RpcError,
  RpcTimeoutError,
  SerializeError,
  SpawnError
} from './errors.ts'
export { spawnProcess } from './spawn/spawnProcess.ts'
export type { ProcessEntry, SpawnOptions } from './spawn/spawnProcess.ts'
export { SpawnedProcess } from './spawn/SpawnedProcess.ts'
export type { ExitReport } from './spawn/ChildProgram.ts'
export { runChild } from './spawn/runChild.ts'
export type { ChildOptions } from './spawn/runChild.ts'
export { installModuleHooks } from './spawn/moduleHooks.ts'
export { forgetChild, reapAtEnd } from './spawn/reaper.ts'
export { getLogger } from './log/Logger.ts'
export type { Logger } from './log/Logger.ts'
export { logLevelNumber, setLogLevel } from './log/levels.ts'
export type { LogLevel } from './log/levels.ts'
export { addLogTransport, forwardRecord, onLogRecord, removeLogTransport, setLogDisplay } from './log/hub.ts'
export { connectLogSender, flushLogs, logAddress, startLogServer } from './log/forwarding.ts'
export { LogServer } from './log/LogServer.ts'
export type { LogServerOptions } from './log/LogServer.ts'
export type { LogSender } from './log/LogSender.ts'
export { formatLogRecord } from './log/LogDisplay.ts'
export type { LogRecord } from './log/LogRecord.ts'
export { installCrashHandler } from './log/crash.ts'
export { getHostName, getProcessName, getThreadName, setHostName, setProcessName, setThreadName } from './log/names.ts'

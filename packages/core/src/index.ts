export { Node, STOP_TIMEOUT } from './Node.ts'
export type { NodeClass, NodeInputSpec, NodeOptions } from './NodeClass.ts'
export type { NodeState } from './nodeState.ts'
export { NodeGroup } from './NodeGroup.ts'
export type { GroupReport } from './NodeGroup.ts'
export { Host, describeExit } from './Host.ts'
export { Manager } from './Manager.ts'
export { closingTime, RECORD_STATES } from './recording/RecordControl.ts'
export type {
  Annotation,
  PrepareOptions,
  RecordControl,
  RecordNote,
  RecordState,
  RecordStatus
} from './recording/RecordControl.ts'
export type { RecordContract, RecorderStatus, StartRecordingOptions } from './recording/Recordings.ts'
export type { ManagerEvent, ManagerEventKind } from './Watch.ts'
export { createManager } from './createManager.ts'
export type { CreateManagerOptions, ManagerHandle } from './createManager.ts'
export { startHost, startManager } from './servers.ts'
export type { RunningServer, ServerOptions } from './servers.ts'
export type { MetricsOptions } from './metrics/MetricsServer.ts'
export { addChildModule, childEntry } from './childProcess.ts'
export { getNodeType, isNodeClass, nodeTypeAliases, nodeTypes, registerNodeType } from './nodeTypes.ts'
export { ndArraySchema, parseOptions, pyacqKeys } from './schema.ts'
export type { ObjectSchema } from './schema.ts'
export { describeOutput, infoOfInput } from './outputDefaults.ts'
export { RunFollower } from './RunFollower.ts'
export { levels } from './topology.ts'
export { pyacqDialect } from './dialect/pyacqDialect.ts'
export { StreamConverter } from './tools/StreamConverter.ts'
export { ChannelSplitter } from './tools/ChannelSplitter.ts'
export { ChunkResizer } from './tools/ChunkResizer.ts'
export {
  ConfigError,
  DeviceError,
  GroupError,
  HostError,
  MetricsError,
  MissingPackageError,
  NameTakenError,
  NodeError,
  NodeRunningError,
  NodeStateError,
  NodeTypeError,
  NotFoundError,
  RecordError,
  UnknownNodeTypeError
} from './errors.ts'
export { failureOf } from './status.ts'
export type { HostClockStatus } from './HostClock.ts'
export type {
  EdgeStatus,
  GroupState,
  GroupStatus,
  HostStatus,
  ManagerStatus,
  NodeFailure,
  NodeStatus
} from './status.ts'

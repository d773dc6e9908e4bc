/**
 * The public API of nodeacq in one install: nodes, managers, streams, RPC, arrays, graph files, and zod's `z` for the
 * schemas of own nodes. Importing it registers the node types that nodeacq brings, here and in the processes it starts.
 */
import './standardTypes.ts'

export { z } from 'zod'

export {
  ChannelSplitter,
  ChunkResizer,
  createManager,
  getNodeType,
  Host,
  Manager,
  ndArraySchema,
  Node,
  NodeGroup,
  nodeTypes,
  registerNodeType,
  startHost,
  startManager,
  StreamConverter
} from '@nodeacq/core'
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
  UnknownNodeTypeError
} from '@nodeacq/core'
export type {
  CreateManagerOptions,
  EdgeStatus,
  GroupStatus,
  HostStatus,
  ManagerEvent,
  ManagerHandle,
  ManagerStatus,
  MetricsOptions,
  NodeClass,
  NodeInputSpec,
  NodeFailure,
  NodeOptions,
  NodeState,
  NodeStatus,
  RunningServer,
  ServerOptions
} from '@nodeacq/core'

export {
  AnalogTrigger,
  AviRecorder,
  bessel,
  butter,
  buttord,
  cheb1ord,
  cheb2ord,
  cheby1,
  cheby2,
  CortexClient,
  CortexError,
  CortexSimulator,
  CytonSimulator,
  designFilter,
  DigitalTrigger,
  ellip,
  ellipord,
  AudioDevice,
  Camera,
  fetchFullInfo,
  listAudioDevices,
  listCameras,
  listDevices,
  listHidDevices,
  listLocalServers,
  listSerialPorts,
  Emotiv,
  EmotivCortex,
  EmotivSimulator,
  engineNames,
  EpochAverage,
  FileReplay,
  FilterError,
  firls,
  firwin,
  firwin2,
  freqz,
  getEngine,
  getWindow,
  groupDelay,
  iircomb,
  iirnotch,
  iirpeak,
  kaiserord,
  lslClock,
  morletSpectra,
  LslFormatError,
  LslInlet,
  LslLostError,
  LslOutlet,
  LslSimulator,
  LslStampSmoother,
  LslStreamInlet,
  LslStreamOutlet,
  Mw75,
  Mw75Client,
  Mw75Error,
  Mw75Forwarder,
  Mw75Server,
  Mw75Simulator,
  NoiseGenerator,
  NumpyDeviceBuffer,
  OpenBci,
  OpenBciGanglion,
  openSampleFile,
  readCortexCredentials,
  RawRecorder,
  VideoRecorder,
  RecorderError,
  RecordingFileError,
  registerEngine,
  registerFileFormat,
  registerGanglionTransport,
  remez,
  resolveLslStreams,
  savgolCoeffs,
  SosFilter,
  sosfiltZi,
  sosfreqz,
  SpikeDetector,
  SpikeSorter,
  StreamMonitor,
  TiaClient,
  TiaCommandError,
  TiaFormatError,
  TiaPacket,
  TiaServer,
  TiaSignalClient,
  TiaSignalServer,
  TiaSimulator,
  TriggerAccumulator
} from '@nodeacq/nodes'
export type {
  AudioDeviceSpec,
  CameraDevice,
  Discovery,
  FoundDevice,
  KnownServer,
  CortexClientOptions,
  CortexCredentials,
  CortexSample,
  CortexSimulatorOptions,
  CortexWarning,
  CytonSimulatorOptions,
  EmotivSimulatorOptions,
  Engine,
  FftKernel,
  FileFormat,
  FilterDesign,
  GanglionHandlers,
  GanglionLink,
  MonitorReport,
  OpenGanglion,
  RatedDesign,
  RfftKernel,
  SampleFile,
  SignalKernel,
  SosKernel,
  TiaMetaInfo,
  TiaSignalConfig,
  WaveletKernel,
  LslSettings,
  LslStreamDescription,
  LslStreamInfo,
  LslStreamOutletOptions
} from '@nodeacq/nodes'

export {
  EVENT_DTYPE,
  InputStream,
  LossLedger,
  makeEvents,
  monotonicNow,
  OutputStream,
  readEvents,
  registerTransferMode,
  RingBuffer,
  subscribe,
  tap
} from '@nodeacq/stream'
export {
  ChunkError,
  OverrunError,
  SharedMemError,
  SourceUnreachableError,
  SpecError,
  StreamError,
  StreamStateError,
  StreamTimeoutError
} from '@nodeacq/stream'
export type {
  Chunk,
  ChunksOptions,
  ClockOffsetStatus,
  Delivery,
  DeviceTimeOptions,
  Gap,
  InputSpec,
  InputStatus,
  Instant,
  MeasuredRate,
  OutputOptions,
  OutputStatus,
  Place,
  StreamClock,
  StreamEvent,
  StreamInfo,
  StreamSource,
  SubscribeOptions,
  WireParams
} from '@nodeacq/stream'

export {
  addressOf,
  equals,
  float,
  getItem,
  isRemote,
  kwargs,
  lengthOf,
  proxyOf,
  registerSerializer,
  release,
  RpcClient,
  RpcServer,
  setAttribute,
  setItem,
  valueOf,
  withOptions
} from '@nodeacq/rpc'
export {
  ConnectError,
  DisconnectedError,
  InsecureAddressError,
  RemoteError,
  RpcError,
  RpcTimeoutError,
  SerializeError,
  SpawnError
} from '@nodeacq/rpc'
export { addLogTransport, getLogger, onLogRecord, setLogDisplay, setLogLevel } from '@nodeacq/rpc'
export type { Logger, LogLevel, LogRecord, Remote } from '@nodeacq/rpc'

export { DType, isNdArray, NdArray, parseDType } from '@nodeacq/ndarray'
export { DTypeError, ShapeError } from '@nodeacq/ndarray'
export type { DTypeLike, ReadonlyNdArray, TypedArray } from '@nodeacq/ndarray'

export { buildGraph } from './run/buildGraph.ts'
export type { BuildOptions, BuiltGraph } from './run/buildGraph.ts'
export { readGraph } from './graph/readGraph.ts'
export { runGraph } from './run/runGraph.ts'
export type { RunMessage, RunOptions, RunStatus } from './run/runGraph.ts'
export type { RunSummary, SummaryEdge, SummaryNode } from './run/RunSummary.ts'
export type { Graph, GraphGroup, GraphHost, GraphInput, GraphModule, GraphNode } from './graph/Graph.ts'
export { GraphError, NodeacqError, RunError } from './errors.ts'

export {
  DigitalOscilloscope,
  Oscilloscope,
  SpectrumViewer,
  ViewerError,
  ViewerNode,
  ViewerServer
} from '@nodeacq/viewers'

export { OutputStream } from './OutputStream.ts'
export type { SendOptions } from './OutputStream.ts'
export type { StreamOwner } from './output/owner.ts'
export type { ConsumerStatus, OutputStatus } from './output/status.ts'
export { InputStream } from './InputStream.ts'
export type { ConnectOptions, Received, RecvOptions } from './InputStream.ts'
export type { BufferOptions } from './input/History.ts'
export type { ChunksOptions } from './input/ChunkIterator.ts'
export type { Chunk } from './input/Chunk.ts'
export type { SourceIdentity, StreamSource } from './input/source.ts'
export type { InputStatus } from './input/status.ts'
export { subscribe } from './subscribe.ts'
export type { SubscribeOptions, Subscription } from './subscribe.ts'
export { tap } from './tap.ts'

export { ClockOffset } from './clock/ClockOffset.ts'
export type { ClockOffsetStatus, RoundTrip } from './clock/ClockOffset.ts'
export type { Instant, MeasuredRate, Place } from './clock/ClockPieces.ts'
export type { DeviceTimeOptions } from './clock/DeviceClock.ts'
export type { StreamClock } from './clock/StreamClock.ts'

export { DEFAULTS, toWireParams, WIRE_NAMES } from './params.ts'
export type {
  Accounting,
  ChannelInfo,
  Delivery,
  Flow,
  InputSpec,
  OutputOptions,
  Protocol,
  StreamExtras,
  StreamFields,
  StreamFilter,
  StreamInfo,
  WireParams
} from './params.ts'
export { byteRate } from './byteRate.ts'
export { fitsShape, parseWireParams } from './spec.ts'

export { LossLedger } from './LossLedger.ts'
export type { Gap, GapCause, HoleToSkip, LedgerOptions, LedgerSnapshot, Noted } from './LossLedger.ts'
export { RingBuffer } from './RingBuffer.ts'
export type { RingReader, RingReadOptions } from './RingBuffer.ts'
export { RingThreadReader } from './RingThreadReader.ts'
export type { RingChunk } from './RingThreadReader.ts'
export type { RingHandle } from './transfer/RingChunks.ts'
export type { RingOptions } from './ringLayout.ts'
export { EVENT_DTYPE, makeEvents, readEvents } from './events.ts'
export type { StreamEvent } from './events.ts'
export { getTransferMode, registerTransferMode, transferModeNames } from './transfer/registry.ts'
export type { DecodedChunk, TransferMode, TransferReceiver, TransferSender } from './transfer/TransferMode.ts'

export {
  ChunkError,
  OverrunError,
  RingRangeError,
  SharedMemError,
  SourceUnreachableError,
  SpecError,
  StreamError,
  StreamStateError,
  StreamTimeoutError
} from './errors.ts'
export type { ChunkProblem } from './errors.ts'

export { removeAbandonedSharedMemory } from './shm/owner.ts'
export { nearestNames } from './nearest.ts'
export { MACHINE, monotonicNow } from './delivery/clock.ts'

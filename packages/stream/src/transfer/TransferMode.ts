import type { NdArray, ReadonlyNdArray } from '@nodeacq/ndarray'
import type { StreamInfo } from '../params.ts'
import type { RingReader } from '../RingBuffer.ts'
import type { DirectoryWriter } from './DirectoryWriter.ts'
import type { RingChunks } from './RingChunks.ts'

/** How the samples of a stream reach its readers: pyacq's `plaindata` and `sharedmem`, or one of your own. */
export interface TransferMode {
  /** The value of the parameter `transfermode`. */
  readonly name: string
  /** @throws {SpecError} when the parameters do not suit the mode. @throws {SharedMemError} when there is no room. */
  createSender(info: StreamInfo): TransferSender
  /** @throws {SpecError} @throws {SharedMemError} when what the parameters describe is not there. */
  createReceiver(info: StreamInfo): TransferReceiver
}

/** The sending end; one per output. */
export interface TransferSender {
  /** Parameters that only the sender knows: `shmId`. Published with the others. */
  readonly infoExtras: Partial<StreamInfo>
  /**
   * The message of one chunk, as zeromq frames. A promise only for compressed streams; messages must go out in the
   * order of the calls all the same.
   *
   * The last frame may be the memory of `data` itself: pass a copy unless the caller gave the data away.
   * @param index absolute index of the last sample, plus one
   * @throws {ChunkError}
   */
  encode(data: ReadonlyNdArray, index: number): Uint8Array[] | Promise<Uint8Array[]>
  /** True when `encode` has taken the samples by the time it returns, so that the caller need not copy them first. */
  readonly copies: boolean
  /**
   * In modes with a shared ring, where the machine allows it: tells our own processes which chunks lie in the ring. Then
   * `store` does all of `encode` but the message.
   */
  readonly directory?: DirectoryWriter | undefined
  store?(data: ReadonlyNdArray, index: number): void
  /**
   * The next index starts from 0 again.
   * @param keepFrom number of the oldest chunk in the directory that a reader has still to take; default: none has
   */
  resetIndex(keepFrom?: number): void
  close(): void
}

/** The receiving end; one per connected input. */
export interface TransferReceiver {
  /**
   * Reads one message. With `wantData` false (default true) `data` is null and the samples are not touched.
   * The array may be a view of `frames`; it is never a view of memory that the sender writes to.
   * A promise only for compressed streams.
   * @throws {ChunkError} when the frames are no such message. @throws {OverrunError}
   */
  decode(frames: readonly Uint8Array[], wantData?: boolean): DecodedChunk | Promise<DecodedChunk>
  /** The shared ring, in modes that have one. Its reads give copies and throw `OverrunError` instead of wrong data. */
  readonly ring: RingReader | undefined
  /** The chunks that the sender's `directory` tells of. */
  readonly chunks?: RingChunks | undefined
  close(): void
}

export interface DecodedChunk {
  /** Absolute index of the last sample of the chunk, plus one. */
  index: number
  /** Samples in the chunk (length of axis 0), also when `data` is null. */
  count: number
  /** Shape `(samples, …)` */
  data: NdArray | null
  /** What `data` lies in, where it holds nothing else: it can be freed when the chunk is done with. */
  memory?: ArrayBuffer | undefined
}

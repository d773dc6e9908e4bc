import type { ReadonlyNdArray } from '@nodeacq/ndarray'
import type { Gap } from '../LossLedger.ts'

/** A chunk as a consumer gets it. */
export interface Chunk {
  /** The start of the source that it belongs to. */
  readonly run: number
  /** Absolute index of its last sample, plus one. */
  readonly index: number
  /** Shape `(samples, …)`. */
  readonly data: ReadonlyNdArray
  /** What is missing just before it; usually one shared empty array. */
  readonly gaps: readonly Gap[]
}

/** A chunk of which perhaps only the place was asked for. */
export interface TakenChunk extends Omit<Chunk, 'data'> {
  readonly data: ReadonlyNdArray | null
}

/** How the next chunk is wanted. */
export interface TakeOptions {
  readonly wantData: boolean
  /** The data need only be valid until the next step. */
  readonly borrow?: boolean
  /** Whether the end of a run ends the reading. */
  readonly stopAtEnd: boolean
  /** Ends the waiting; wake the inbox after it has changed. */
  readonly isCancelled: () => boolean
}

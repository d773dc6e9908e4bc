import type { NdArray } from '@nodeacq/ndarray'
import { parseDType, type DTypeLike, type ReadonlyNdArray } from '@nodeacq/ndarray'
import type { Chunk, InputStream } from '@nodeacq/stream'
import type { ExportStream } from '../../convert/Exporter.ts'
import { channelsOf } from '../../files/mcap/channelsOf.ts'
import { channelMetadata } from '../log/topics.ts'

/** An input as a file knows it, before the first sample. */
export function describeInput(name: string, { info }: InputStream): ExportStream {
  const dtype = parseDType(info.dtype as DTypeLike)
  // Where each message is one sample, the shape is that of a sample.
  const sampleShape = info.accounting === 'messages' ? info.shape : info.shape.slice(1)
  const channelCount = sampleShape.at(-1) ?? 1
  return {
    name,
    streamType: info.streamType,
    dtype,
    sampleShape,
    channelCount,
    sampleRate: info.sampleRate,
    channelInfo: channelsOf(channelMetadata(info, 0), channelCount),
    startIndex: 0,
    offset: 0
  }
}

/** How far an input is in one file, and what of it is to be acknowledged. */
export class InputTrack {
  readonly input: InputStream
  /** Place of its samples, or of the samples that its events count, in the file. */
  readonly place: number
  readonly isEvents: boolean
  /** Of the newest chunk. */
  run: number | undefined
  /** Index of the next sample, by the numbers of the file. */
  next = 0
  hasChunk = false
  /** Monotonic ms of the newest clock mark. */
  marked = -Infinity
  #taken: { readonly index: number; readonly run: number } | undefined

  constructor(input: InputStream, { place, isEvents }: { place: number; isEvents: boolean }) {
    this.input = input
    this.place = place
    this.isEvents = isEvents
  }

  /** The chunk is of another run than what is in this file: its index begins anew. */
  beginsAnew({ run }: Chunk): boolean {
    return this.hasChunk && run !== this.run
  }

  /** Notes a chunk. @returns index of its first sample, and the samples */
  take({ data, index, run }: Chunk): { first: number; rows: NdArray } {
    const { accounting } = this.input.info
    const rows = accounting === 'messages' ? oneRow(data) : (data as NdArray)
    // Where the index counts nothing that is known, rows are counted.
    const first = accounting === 'none' ? this.next : index - rows.length
    this.hasChunk = true
    this.run = run
    this.next = first + rows.length
    this.#taken = { index, run }
    return { first, rows: rows.dtype.isNative ? rows : rows.astype(rows.dtype.toNative()) }
  }

  /** What was taken since the last call: to be called when it is in the file for certain. */
  takeAcknowledgement(): (() => void) | undefined {
    const taken = this.#taken
    this.#taken = undefined
    return taken && (() => this.input.acknowledge(taken.index, taken.run))
  }
}

function oneRow(data: ReadonlyNdArray): NdArray {
  return (data as NdArray).toContiguous().reshape([1, ...data.shape])
}

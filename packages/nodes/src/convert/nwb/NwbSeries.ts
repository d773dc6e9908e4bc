import type { NdArray } from '@nodeacq/ndarray'
import { chunkRowsOf } from '../chunkRows.ts'
import type { ExportStream } from '../Exporter.ts'
import type { HdfArray } from '../hdf5/HdfArray.ts'
import type { HdfType } from '../../files/hdf5/hdfType.ts'
import { uniqueName } from '../uniqueName.ts'
import { ELECTRODES } from './electrodes.ts'
import type { NwbOptions } from './nwbOptions.ts'
import type { NwbWriter } from './NwbWriter.ts'
import type { SeriesPlan } from './seriesPlan.ts'

export interface NwbSeriesContext {
  readonly stream: ExportStream
  readonly plan: SeriesPlan
  readonly type: HdfType
  /** Rows of the electrodes table; empty for what is no voltage. */
  readonly electrodes: readonly number[]
  readonly options: NwbOptions
  /** Names of everything in `/acquisition`. */
  readonly taken: Set<string>
}

/** Bytes of a chunk of samples, before compression. */
const CHUNK_BYTES = 1 << 18

/** Some channels of a stream: one series, or one for each stretch without a gap. */
export class NwbSeries {
  readonly #nwb: NwbWriter
  readonly #context: NwbSeriesContext
  #data: HdfArray | undefined
  #timestamps: HdfArray | undefined
  #segments = 0

  constructor(nwb: NwbWriter, context: NwbSeriesContext) {
    this.#nwb = nwb
    this.#context = context
  }

  append(index: number, block: NdArray): void {
    const { plan, type, options } = this.#context
    this.#data ??= this.#begin(index)
    const chosen = plan.channels === undefined ? block : block.take(plan.channels)
    this.#nwb.file.append(this.#data, (chosen.dtype.equals(type.stored) ? chosen : chosen.astype(type.stored)).bytes())
    if (!options.timestamps) return
    this.#timestamps ??= this.#beginTimestamps()
    const times = Float64Array.from({ length: block.length }, (_, k) => timeOf(this.#context.stream, index + k))
    this.#nwb.file.append(this.#timestamps, new Uint8Array(times.buffer))
  }

  /** What comes next does not follow what came. */
  break(): void {
    if (!this.#context.options.timestamps) this.finish()
  }

  finish(): void {
    for (const array of [this.#data, this.#timestamps]) if (array !== undefined) this.#nwb.file.finish(array)
    this.#data = undefined
    this.#timestamps = undefined
  }

  #begin(index: number): HdfArray {
    const { stream, plan, type, electrodes, options, taken } = this.#context
    const { file } = this.#nwb
    const base = plan.isVoltage || plan.channels === undefined ? stream.name : `${stream.name}_${plan.unit}`
    const path = `/acquisition/${uniqueName(this.#segments === 0 ? base : `${base}_${this.#segments}`, taken)}`
    this.#segments += 1
    this.#nwb.group(path, plan.isVoltage ? 'ElectricalSeries' : 'TimeSeries', {
      description: `${stream.streamType} '${stream.name}'`,
      // No JSON by itself: neo takes that for its own.
      comments: `nodeacq ${JSON.stringify(this.#describe(index))}`
    })
    const rowShape = plan.channels === undefined ? stream.sampleShape : [plan.channels.length]
    const rowBytes = rowShape.reduce((size, length) => size * length, itemSizeOf(type))
    const data = file.array(`${path}/data`, {
      type: type.type,
      rowShape,
      rowBytes,
      chunkRows: chunkRowsOf(rowBytes, CHUNK_BYTES, stream.sampleCount),
      compression: options.compression
    })
    const { unit, conversion, offset, channelConversion } = plan
    file.attributes(data.path, { unit, conversion, offset, resolution: -1 })
    if (plan.isVoltage) {
      const description = `channels of stream '${stream.name}'`
      this.#nwb.region(`${path}/electrodes`, electrodes, { table: ELECTRODES, description })
    }
    if (channelConversion !== undefined) {
      file.value(`${path}/channel_conversion`, Float64Array.from(channelConversion))
      file.attribute(`${path}/channel_conversion`, 'axis', 1, '<i')
    }
    if (!options.timestamps) {
      file.value(`${path}/starting_time`, timeOf(stream, index), { unit: 'seconds' })
      // The schema asks for float32; where that is another rate, the wider number is read as well.
      file.attribute(`${path}/starting_time`, 'rate', stream.sampleRate, isFloat32(stream.sampleRate) ? '<f' : '<d')
    }
    return data
  }

  #beginTimestamps(): HdfArray {
    const path = this.#data!.path.replace(/data$/, 'timestamps')
    const { compression } = this.#context.options
    const array = this.#nwb.file.array(path, { type: '<d', rowBytes: 8, chunkRows: CHUNK_BYTES / 8, compression })
    this.#nwb.file.attributes(path, { unit: 'seconds' })
    this.#nwb.file.attribute(path, 'interval', 1, '<i')
    return array
  }

  /** What a reader of ours needs to put the stream together again. */
  #describe(index: number): object {
    const { stream, plan } = this.#context
    const { name, streamType, dtype, sampleRate, channelInfo } = stream
    const channels = plan.channels === undefined ? {} : { channels: plan.channels }
    return { stream: name, streamType, dtype: dtype.toWire(), sampleRate, index, ...channels, channelInfo }
  }
}

/** s from the start of the session */
export function timeOf({ offset, startIndex, sampleRate }: ExportStream, index: number): number {
  return offset + (index - startIndex) / sampleRate
}

function isFloat32(value: number): boolean {
  return Math.fround(value) === value
}

function itemSizeOf({ stored }: HdfType): number {
  return typeof stored === 'string' ? Number(/\d+$/.exec(stored)![0]) / 8 : stored.itemSize
}

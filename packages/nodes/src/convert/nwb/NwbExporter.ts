import type { NdArray } from '@nodeacq/ndarray'
import { numberInLabel } from '../../files/eventValue.ts'
import { streamConversion } from '../Conversion.ts'
import type {
  ExportEvent,
  Exporter,
  ExportGap,
  ExportHead,
  ExportResult,
  ExportStream,
  ExportTarget
} from '../Exporter.ts'
import { hdfTypeOf } from '../../files/hdf5/hdfType.ts'
import { HdfWriter } from '../hdf5/HdfWriter.ts'
import { writeElectrodes } from './electrodes.ts'
import { writeNwbHead } from './nwbHead.ts'
import { nwbOptionsSchema, type NwbOptions } from './nwbOptions.ts'
import { NwbSeries, timeOf } from './NwbSeries.ts'
import { NwbWriter } from './NwbWriter.ts'
import { planSeries } from './seriesPlan.ts'

/** Axes that a series has room for, time included. */
const MAX_AXES = 4

interface StreamSeries {
  readonly stream: ExportStream
  readonly series: readonly NwbSeries[]
  /** The next index if nothing is missing. */
  next: number | undefined
  readonly gaps: ExportGap[]
}

/**
 * Writes Neurodata Without Borders 2.7: an ElectricalSeries for voltages, a TimeSeries for anything else, one for each stretch
 * without a gap unless `timestamps` is set; gaps are rows of `invalid_times`, events an AnnotationSeries. What refers to the
 * whole recording is written last, so a file that was not closed is no recording.
 */
class NwbExporter implements Exporter {
  readonly files: readonly string[]
  readonly #nwb: NwbWriter
  readonly #streams: readonly StreamSeries[]
  readonly #events: ExportEvent[] = []
  readonly #notes: readonly string[]

  private constructor(nwb: NwbWriter, streams: readonly StreamSeries[], notes: readonly string[]) {
    this.files = [nwb.file.path]
    this.#nwb = nwb
    this.#streams = streams
    this.#notes = notes
  }

  static async open(path: string, head: ExportHead): Promise<NwbExporter> {
    const options = head.options as NwbOptions
    const file = await HdfWriter.create(path)
    try {
      const nwb = new NwbWriter(file)
      const notes = writeNwbHead(nwb, head, options)
      const planned = head.streams.map((stream) => ({ stream, plans: planSeries(stream) }))
      const rowsOf = writeElectrodes(nwb, planned, options)
      // Names that events and readers expect are not given to streams.
      const taken = new Set(['events'])
      const streams = planned.map(({ stream, plans }) => {
        const type = hdfTypeOf(stream.dtype)!
        const series = plans.map((plan) => {
          return new NwbSeries(nwb, { stream, plan, type, electrodes: rowsOf.get(plan) ?? [], options, taken })
        })
        return { stream, series, next: undefined, gaps: [] }
      })
      return new NwbExporter(nwb, streams, notes)
    } catch (error) {
      await file.discard()
      throw error
    }
  }

  async samples(stream: number, index: number, block: NdArray): Promise<void> {
    const each = this.#streams[stream]!
    for (const series of each.series) {
      if (each.next !== undefined && each.next !== index) series.break()
      series.append(index, block)
    }
    each.next = index + block.length
    return Promise.resolve()
  }

  async gap(stream: number, gap: ExportGap): Promise<void> {
    this.#streams[stream]!.gaps.push(gap)
    return Promise.resolve()
  }

  async event(event: ExportEvent): Promise<void> {
    this.#events.push(event)
    return Promise.resolve()
  }

  async sync(): Promise<void> {
    this.#nwb.file.flush()
    await this.#nwb.file.sync()
  }

  async close(): Promise<ExportResult> {
    for (const { series } of this.#streams) for (const each of series) each.finish()
    this.#writeGaps()
    this.#writeEvents()
    await this.#nwb.file.close()
    const streams = this.#streams.map(({ stream, gaps }) => {
      const samples = gaps.reduce((sum, { from, to }) => sum + to - from, 0)
      return streamConversion(stream.name, { gaps: { mode: 'native', count: gaps.length, samples } })
    })
    const untold = this.#events.filter((event) => numberInLabel(labelOf(event)) !== event.value).length
    const values = untold === 0 ? [] : [`the values of ${untold} events, which their labels do not say`]
    return { streams, events: this.#events.length, dropped: [...this.#notes, ...values] }
  }

  async abort(): Promise<void> {
    await this.#nwb.file.abort()
  }

  #writeGaps(): void {
    const rows = this.#streams
      .flatMap(({ stream, gaps }) => gaps.map((gap) => ({ ...gap, stream })))
      .map(({ stream, from, to, cause }) => ({
        name: stream.name,
        start: timeOf(stream, from),
        stop: timeOf(stream, to),
        cause
      }))
      .toSorted((a, b) => a.start - b.start)
    if (rows.length === 0) return
    this.#nwb.table('/intervals/invalid_times', 'TimeIntervals', {
      description: 'samples that are missing',
      columns: {
        start_time: { values: Float64Array.from(rows, ({ start }) => start), description: 'start of the gap, s' },
        stop_time: { values: Float64Array.from(rows, ({ stop }) => stop), description: 'end of the gap, s' },
        cause: { values: rows.map(({ cause }) => cause), description: 'why the samples are missing' },
        stream: { values: rows.map(({ name }) => name), description: 'the stream that misses them' }
      }
    })
  }

  /** All of them in an AnnotationSeries, and those that last in a table too. */
  #writeEvents(): void {
    if (this.#events.length === 0) return
    const rows = this.#events
      .map(({ stream, index, duration, label, value }) => {
        const counted = this.#streams[stream]!.stream
        const start = timeOf(counted, index)
        return { start, stop: timeOf(counted, index + duration), label: labelOf({ label, value }) }
      })
      .toSorted((a, b) => a.start - b.start)
    const { file } = this.#nwb
    const path = this.#nwb.group('/acquisition/events', 'AnnotationSeries', {
      description: 'events',
      comments: 'no comments'
    })
    const labels = rows.map(({ label }) => label)
    file.value(`${path}/data`, labels, { unit: 'n/a', conversion: 1, offset: 0, resolution: -1 })
    const starts = Float64Array.from(rows, ({ start }) => start)
    file.value(`${path}/timestamps`, starts, { unit: 'seconds' })
    file.attribute(`${path}/timestamps`, 'interval', 1, '<i')
    const lasting = rows.filter(({ start, stop }) => stop > start)
    if (lasting.length === 0) return
    this.#nwb.table('/intervals/events', 'TimeIntervals', {
      description: 'events that last',
      columns: {
        start_time: { values: Float64Array.from(lasting, ({ start }) => start), description: 'start of the event, s' },
        stop_time: { values: Float64Array.from(lasting, ({ stop }) => stop), description: 'end of the event, s' },
        label: { values: lasting.map(({ label }) => label), description: 'label of the event' }
      }
    })
  }
}

function labelOf({ label, value }: { readonly label: string; readonly value: number }): string {
  return label === '' ? String(value) : label
}

/** Neurodata Without Borders, for archives and for the tools that read them. */
export const nwbTarget: ExportTarget = {
  name: 'nwb',
  description: 'NWB 2.7: an HDF5 file with session, subject and electrodes, for archives such as DANDI',
  extension: '.nwb',
  gaps: ['native', 'split'],
  optionsSchema: nwbOptionsSchema,
  whyNot: ({ dtype, sampleShape, sampleRate }) => {
    if (!'iufb'.includes(dtype.kind)) return `NWB has series of numbers only, not of ${dtype.name}`
    if (!(sampleRate > 0)) return 'it has no sample rate, so nothing says when its samples were'
    if (sampleShape.includes(0)) return `a sample of shape (${sampleShape.join(', ')}) holds nothing`
    return sampleShape.length < MAX_AXES ? undefined : `a series has at most ${MAX_AXES} axes, time included`
  },
  open: (path, head) => NwbExporter.open(path, head)
}

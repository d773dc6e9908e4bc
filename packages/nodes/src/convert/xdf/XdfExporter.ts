import { hostname } from 'node:os'
import type { NdArray } from '@nodeacq/ndarray'
import { z } from 'zod'
import { encodeClockOffset, encodeTextSample, encodeXmlChunk, TAG } from '../../files/xdf/chunks.ts'
import { fileHeaderXml, footerXml, streamHeaderXml, type TextRole } from '../../files/xdf/header.ts'
import { writeEvent, writeGap } from '../../files/xdf/told.ts'
import { streamConversion, type StreamConversion } from '../Conversion.ts'
import type {
  ClockMark,
  Exporter,
  ExportEvent,
  ExportGap,
  ExportHead,
  ExportResult,
  ExportStream,
  ExportTarget
} from '../Exporter.ts'
import { ChunkFile, GATHERED } from './ChunkFile.ts'
import { formatOf, XdfEncoder } from './XdfEncoder.ts'

const optionsSchema = z.object({
  units: z
    .enum(['digital', 'physical'])
    .default('digital')
    .describe("'digital': the stored numbers, gains in the header; 'physical': float32 in the unit of each channel"),
  type: z
    .string()
    .optional()
    .describe('content type of the streams; default EEG where a channel is in volts, else Signal')
})

/** Bytes of a chunk beside its samples, at most. */
const CHUNK_HEAD = 64

/** What is in the file of one stream. */
interface Totals {
  readonly id: number
  /** s, of the first and the last sample */
  firstTime: number
  lastTime: number
  count: number
  readonly offsets: (readonly [time: number, offset: number])[]
}

/** A stream of numbers. */
interface Signal {
  readonly stream: ExportStream
  readonly encoder: XdfEncoder
  readonly totals: Totals
  gaps: { mode: 'fill' | 'native'; count: number; samples: number }
}

/**
 * Writes XDF 1.0. Whatever was written can be read, as footers are only added at the end. Times in the file are seconds since
 * the start of the recording, the first of each chunk and the first behind a gap are written, so that a time is an index.
 */
class XdfExporter implements Exporter {
  readonly files: readonly string[]
  readonly #file: ChunkFile
  readonly #head: ExportHead
  readonly #options: z.infer<typeof optionsSchema>
  readonly #signals: readonly Signal[]
  readonly #texts = new Map<string, Totals>()
  #events = 0

  private constructor(file: ChunkFile, head: ExportHead) {
    this.files = [file.path]
    this.#file = file
    this.#head = head
    this.#options = optionsSchema.parse(head.options)
    this.#signals = head.streams.map((stream, k) => ({
      stream,
      encoder: new XdfEncoder(stream, k + 1, this.#options.units),
      totals: totalsOf(k + 1),
      gaps: { mode: 'native', count: 0, samples: 0 }
    }))
  }

  /** @throws RecorderError */
  static async open(path: string, head: ExportHead): Promise<XdfExporter> {
    const file = await ChunkFile.create(path)
    try {
      const exporter = new XdfExporter(file, head)
      await exporter.#begin()
      return exporter
    } catch (error) {
      await file.discard()
      throw error
    }
  }

  async #begin(): Promise<void> {
    const { startUtc, source, provenance } = this.#head
    await this.#file.put(encodeXmlChunk(TAG.fileHeader, fileHeaderXml(startUtc, { source, ...provenance })))
    for (const signal of this.#signals)
      await this.#file.put(encodeXmlChunk(TAG.streamHeader, this.#headerOf(signal), signal.totals.id))
    await this.#textStream('nodeacq-gaps', 'gaps')
    await this.sync()
  }

  async samples(stream: number, index: number, block: NdArray): Promise<void> {
    const signal = this.#signals[stream]!
    await this.#writeRows(signal, index, signal.encoder.valuesOf(block))
    // What was given is in the file, should the process die now.
    await this.#file.flush()
  }

  /** Without a chunk of its own, a gap shows in the times alone; filled with NaN, readers that smooth times are right too. */
  async gap(place: number, gap: ExportGap): Promise<void> {
    const signal = this.#signals[place]!
    const { stream, encoder, gaps } = signal
    const isFilled = this.#head.gaps === 'fill' && encoder.isFloat
    const mode = isFilled ? 'fill' : gaps.mode
    signal.gaps = { mode, count: gaps.count + 1, samples: gaps.samples + gap.to - gap.from }
    const { from, to, cause } = gap
    const text = writeGap({ stream: stream.name, from, to, cause, isFilled })
    await this.#putText(await this.#textStream('nodeacq-gaps', 'gaps'), encoder.timeOf(from), text)
    if (isFilled) await this.#fill(signal, gap)
  }

  async event({ stream: place, index, duration, label, value }: ExportEvent): Promise<void> {
    const { stream, encoder } = this.#signals[place]!
    const time = encoder.timeOf(index)
    const told = writeEvent({ stream: stream.name, index, duration, label, value })
    await this.#putText(await this.#textStream(`${stream.name}-events`, 'labels'), time, label || String(value))
    await this.#putText(await this.#textStream('nodeacq-events', 'events'), time, told)
    this.#events += 1
  }

  /** As a clock offset: what is to be added to the nominal time, both s from the start of the recording. */
  async clockMark(place: number, { index, utc }: ClockMark): Promise<void> {
    const { stream, encoder, totals } = this.#signals[place]!
    const { startUtc } = this.#head
    if (startUtc === undefined) return
    const time = encoder.timeOf(index)
    const offset = Number(utc - startUtc) / 1e9 - time
    // Labels stand at the times of the samples they belong to.
    for (const each of [totals, this.#texts.get(`${stream.name}-events`)]) {
      if (each === undefined) continue
      each.offsets.push([time, offset])
      await this.#file.put(encodeClockOffset(each.id, time, offset))
    }
  }

  async sync(): Promise<void> {
    await this.#file.sync()
  }

  async close(): Promise<ExportResult> {
    for (const totals of [...this.#signals.map((signal) => signal.totals), ...this.#texts.values()])
      await this.#file.put(encodeXmlChunk(TAG.streamFooter, footerXml(totals), totals.id))
    await this.#file.finish()
    return { streams: this.#signals.map(conversionOf), events: this.#events, dropped: [] }
  }

  async abort(): Promise<void> {
    await this.#file.close()
  }

  async #writeRows({ encoder, totals }: Signal, index: number, rows: Uint8Array): Promise<void> {
    const { rowBytes } = encoder
    const count = rows.length / rowBytes
    const most = Math.max(1, Math.floor((GATHERED - CHUNK_HEAD) / (rowBytes + 1)))
    for (let done = 0; done < count; done += most) {
      const part = Math.min(most, count - done)
      const size = encoder.sizeOf(part)
      const bytes = rows.subarray(done * rowBytes, (done + part) * rowBytes)
      if (size > GATHERED) {
        // A single sample of very many channels.
        const chunk = Buffer.allocUnsafe(size)
        encoder.encode(chunk, index + done, bytes)
        await this.#file.put(chunk)
      } else encoder.encode(await this.#file.room(size), index + done, bytes)
      note(totals, encoder.timeOf(index + done), encoder.timeOf(index + done + part - 1), part)
      await this.#file.passTime(totals.lastTime)
    }
  }

  async #fill(signal: Signal, { from, to }: ExportGap): Promise<void> {
    const { rowBytes } = signal.encoder
    const rows = Math.min(to - from, Math.max(1, Math.floor(GATHERED / rowBytes)))
    const nothing = signal.encoder.nothing(rows)
    for (let index = from; index < to; index += rows)
      await this.#writeRows(signal, index, nothing.subarray(0, Math.min(rows, to - index) * rowBytes))
  }

  async #putText(totals: Totals, time: number, text: string): Promise<void> {
    await this.#file.put(encodeTextSample(totals.id, time, text))
    note(totals, time, time, 1)
  }

  /** The stream of texts of that name; its header is written when it is asked for. */
  async #textStream(name: string, role: TextRole): Promise<Totals> {
    const known = this.#texts.get(name)
    if (known !== undefined) return known
    const totals = totalsOf(this.#signals.length + this.#texts.size + 1)
    this.#texts.set(name, totals)
    const xml = streamHeaderXml({
      name,
      // What is for programs does not pass for markers.
      type: role === 'labels' ? 'Markers' : 'nodeacq',
      channelCount: 1,
      nominalRate: 0,
      format: 'string',
      channels: [{ name: role }],
      sourceId: `nodeacq-${name}`,
      hostname: hostname(),
      role
    })
    await this.#file.put(encodeXmlChunk(TAG.streamHeader, xml, totals.id))
    return totals
  }

  #headerOf({ stream, encoder }: Signal): string {
    const { name, sampleRate, channelInfo, streamType, startIndex, offset, sampleShape } = stream
    const isVolts = channelInfo.some(({ unit = '' }) => /^([nuµμmk]?V|\w*volts?)$/.test(unit))
    return streamHeaderXml({
      name,
      type: this.#options.type ?? (isVolts ? 'EEG' : 'Signal'),
      channelCount: encoder.channelCount,
      nominalRate: sampleRate,
      format: encoder.format,
      channels: encoder.channelInfo,
      sourceId: `nodeacq-${name}`,
      hostname: hostname(),
      own: { streamType, dtype: encoder.dtype, startIndex, startTime: offset, shape: sampleShape }
    })
  }
}

function totalsOf(id: number): Totals {
  return { id, firstTime: 0, lastTime: 0, count: 0, offsets: [] }
}

function note(totals: Totals, first: number, last: number, count: number): void {
  if (totals.count === 0) totals.firstTime = first
  totals.lastTime = last
  totals.count += count
}

function conversionOf({ stream, encoder, gaps }: Signal): StreamConversion {
  const { maxError } = encoder
  return streamConversion(stream.name, { isExact: maxError === 0, rounding: { step: 0, maxError }, gaps })
}

/** XDF 1.0. */
export const xdfTarget: ExportTarget = {
  name: 'xdf',
  description: 'XDF: all streams with their times in one file, as LabRecorder; read by pyxdf, EEGLAB, MNELAB',
  extension: '.xdf',
  gaps: ['native', 'fill', 'split'],
  optionsSchema,
  whyNot(stream) {
    const { dtype, sampleShape, sampleRate } = stream
    if (formatOf(stream) === undefined) return `XDF has no type for ${dtype.fields ? 'structures' : dtype.name}`
    if (sampleShape.length > 1) return 'the format holds samples with one axis, the channels'
    return sampleRate > 0 ? undefined : 'it has no regular rate, and its samples bear no times'
  },
  open: (path, head) => XdfExporter.open(path, head)
}

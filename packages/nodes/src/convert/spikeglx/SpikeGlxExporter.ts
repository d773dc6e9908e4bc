/**
 * Writes a run of SpikeGLX: `<run>_g0/<run>_g0_t0.nidq.bin` with its `.meta`, the next trigger at each gap. A stream that came from
 * SpikeGLX keeps what its `.meta` said; any other becomes the inputs of an NI card, its events bits of digital words.
 */
import { createHash } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { NdArray } from '@nodeacq/ndarray'
import { z } from 'zod'
import { addSeconds } from '../../files/localTime.ts'
import { RecorderError } from '../../files/output/RecorderError.ts'
import { replaceFile } from '../../files/output/replaceFile.ts'
import { streamConversion } from '../Conversion.ts'
import type {
  Exporter,
  ExportEvent,
  ExportGap,
  ExportHead,
  ExportResult,
  ExportStream,
  ExportTarget
} from '../Exporter.ts'
import { Int16Encoder } from '../Int16Encoder.ts'
import { needsInt16Range, sameStep, scaleToInt16 } from '../int16Scaling.ts'
import { OutputFile } from '../../files/output/OutputFile.ts'
import { segmentsText, type SegmentRow } from '../segmentsText.ts'
import { voltsOf } from '../../files/voltsOf.ts'
import { whyNotSignal } from '../whyNotSignal.ts'
import { DigitalWords } from './DigitalWords.ts'
import { keptMeta, type KeptMeta } from './keptMeta.ts'
import { metaText, nidqValues } from './metaText.ts'

const optionsSchema = z.strictObject({
  concatenate: z
    .stringbool()
    .or(z.boolean())
    .default(false)
    .describe('one file, its samples without a break, and segments.csv beside it: for programs that want one file'),
  range: z.coerce
    .number()
    .positive()
    .optional()
    .describe(
      'greatest number of a channel in its unit, where nobody knows it before; default: found by a look at the file'
    ),
  meta: z.string().optional().describe('.meta of the probe or card that the stream was recorded from')
})

/** Bytes of zeros that are written at once. */
const FILL_BYTES = 1 << 20

/** One file. */
interface Trigger {
  readonly name: string
  readonly file: OutputFile
  readonly hash: ReturnType<typeof createHash>
  firstSample: number
  rows: number
}

class SpikeGlxExporter implements Exporter {
  readonly files: readonly string[]
  readonly #folder: string
  readonly #run: string
  readonly #head: ExportHead
  readonly #stream: ExportStream
  readonly #concatenates: boolean
  readonly #encoder: Int16Encoder
  /** V of one step. */
  readonly #gain: number
  readonly #kept: KeptMeta | undefined
  readonly #words: DigitalWords | undefined
  readonly #width: number
  readonly #segments: SegmentRow[] = []
  #trigger!: Trigger
  #triggers = 0
  #rows = 0
  #events = 0
  #gaps = { count: 0, samples: 0 }
  #buffer = new Int16Array(0)

  private constructor(path: string, head: ExportHead, kept: KeptMeta | undefined) {
    const stream = head.streams[0]!
    this.#run = runOf(path)
    this.files = runFolder(path)
    this.#folder = this.files[0]!
    this.#head = head
    this.#stream = stream
    this.#concatenates = head.options['concatenate'] === true
    this.#kept = kept
    this.#words = kept === undefined ? new DigitalWords(head.events) : undefined
    this.#width = stream.channelCount + (this.#words?.count ?? 0)
    const scalings = scaleToInt16(path, stream, head.options['range'] as number | undefined)
    if (kept !== undefined) {
      const isAsRecorded = scalings.every(({ isExact, shift }) => isExact && shift === 0)
      if (!isAsRecorded)
        throw new RecorderError(
          path,
          `stream '${stream.name}': ${kept.path} holds int16 as recorded, not ${stream.dtype.name}`
        )
    }
    const volts = stream.channelInfo.map(({ unit }) => voltsOf(unit) ?? 1)
    const same = kept === undefined ? sameStep(stream, scalings, volts) : scalings
    this.#gain = (same[0]?.gain ?? 1) * (volts[0] ?? 1)
    this.#encoder = new Int16Encoder(same, stream.dtype.itemSize)
  }

  static async open(path: string, head: ExportHead): Promise<SpikeGlxExporter> {
    const kept = await keptMeta(path, head)
    const exporter = new SpikeGlxExporter(path, head, kept)
    try {
      await mkdir(path, { recursive: true })
      await mkdir(exporter.#folder)
    } catch (cause) {
      throw RecorderError.from(exporter.#folder, 'create the folder', cause)
    }
    try {
      await exporter.#begin(head.streams[0]!.startIndex)
      await exporter.#writeMeta()
      return exporter
    } catch (cause) {
      await rm(exporter.#folder, { recursive: true, force: true })
      throw RecorderError.from(path, 'write', cause)
    }
  }

  async samples(_stream: number, index: number, block: NdArray): Promise<void> {
    await this.#write(index, this.#encoder.encode(block, index), block.length)
  }

  async gap(_stream: number, { from, to }: ExportGap): Promise<void> {
    const count = to - from
    this.#gaps = { count: this.#gaps.count + 1, samples: this.#gaps.samples + count }
    if (this.#head.gaps === 'fill') {
      await this.#fill(from, count)
      return
    }
    if (this.#concatenates) return
    if (this.#trigger.rows === 0) {
      this.#trigger.firstSample = to
      return
    }
    await this.#end()
    await this.#begin(to)
  }

  async event(event: ExportEvent): Promise<void> {
    this.#events += 1
    this.#words?.add(event)
    return await Promise.resolve()
  }

  async sync(): Promise<void> {
    await this.#trigger.file.sync()
    await this.#writeMeta()
  }

  async close(): Promise<ExportResult> {
    await this.#end()
    if (this.#concatenates) await replaceFile(join(this.#folder, 'segments.csv'), segmentsText(this.#segments))
    const { isExact, maxError, step, clipped, notFinite } = this.#encoder
    const { name, channelInfo } = this.#stream
    const missed = this.#words?.missed ?? this.#events
    const dropped: string[] = []
    if (this.#concatenates && this.#segments.length > 1) {
      dropped.push('time is not continuous: samples follow each other over the gaps, segments.csv tells which is which')
    }
    const isKept = this.#kept !== undefined
    const conversion = streamConversion(name, {
      isExact,
      rounding: { step: isExact ? 0 : step, maxError },
      clipped,
      notFinite,
      renamed: isKept ? {} : Object.fromEntries(channelInfo.map(({ name: channel }, k) => [channel, `XA${k}`])),
      unitsChanged: isKept
        ? {}
        : Object.fromEntries(channelInfo.filter(({ unit }) => unit !== 'V').map((each) => [each.name, 'V'])),
      gaps: { mode: this.#head.gaps, ...this.#gaps },
      dropped
    })
    const lost =
      missed === 0
        ? []
        : [
            `${missed} events: ${isKept ? 'the digital words are as they were recorded' : 'no bit was left, or their samples were written'}`
          ]
    return { streams: [conversion], events: this.#events - missed, dropped: lost }
  }

  async abort(): Promise<void> {
    await this.#trigger.file.close()
  }

  async #begin(firstSample: number): Promise<void> {
    const device = this.#kept?.stream ?? 'nidq'
    const name = `${this.#run}_g0_t${this.#triggers}.${device}.bin`
    const file = await OutputFile.create(join(this.#folder, name))
    this.#trigger = { name, file, hash: createHash('sha1'), firstSample, rows: 0 }
    this.#triggers += 1
  }

  async #end(): Promise<void> {
    await this.sync()
    await this.#trigger.file.close()
  }

  async #write(index: number, samples: Uint8Array, rows: number): Promise<void> {
    const bytes =
      this.#words === undefined || this.#words.count === 0
        ? samples
        : this.#withWords(this.#words, index, samples, rows)
    await this.#trigger.file.append(bytes)
    this.#trigger.hash.update(bytes)
    this.#trigger.rows += rows
    const last = this.#segments.at(-1)
    if (last !== undefined && last.index + last.count === index) last.count += rows
    else this.#segments.push({ row: this.#rows, index, count: rows })
    this.#rows += rows
  }

  #withWords(words: DigitalWords, index: number, samples: Uint8Array, rows: number): Uint8Array {
    const channels = this.#stream.channelCount
    const width = this.#width
    if (this.#buffer.length < rows * width) this.#buffer = new Int16Array(rows * width)
    const target = this.#buffer.subarray(0, rows * width)
    const values = new Int16Array(samples.buffer, samples.byteOffset, rows * channels)
    for (let row = 0, at = 0; row < rows; row++) {
      for (let k = 0; k < channels; k++) target[row * width + k] = values[at++]!
    }
    words.layOver(target, width, index)
    return new Uint8Array(target.buffer, 0, target.byteLength)
  }

  async #fill(from: number, count: number): Promise<void> {
    const rowBytes = this.#stream.channelCount * 2
    const rows = Math.max(1, Math.floor(FILL_BYTES / rowBytes))
    const zeros = new Uint8Array(Math.min(rows, count) * rowBytes)
    for (let done = 0; done < count; done += rows) {
      const some = Math.min(rows, count - done)
      await this.#write(from + done, zeros.subarray(0, some * rowBytes), some)
    }
  }

  async #writeMeta(): Promise<void> {
    const { name, file, hash, firstSample, rows } = this.#trigger
    const { startIndex, offset, sampleRate } = this.#stream
    const words = this.#words
    const values =
      this.#kept?.values ??
      nidqValues(this.#stream, { gain: this.#gain, words: words?.count ?? 0, lines: words?.lines.lines ?? [] })
    const { startTime } = this.#head
    const text = metaText(values, sampleRate, {
      fileName: name,
      bytes: file.length,
      rows,
      sha1: hash.copy().digest('hex').toUpperCase(),
      firstSample,
      created: startTime && addSeconds(startTime, offset + (firstSample - startIndex) / sampleRate)
    })
    await replaceFile(join(this.#folder, name.replace(/bin$/, 'meta')), text)
  }
}

/** SpikeGLX. */
export const spikeGlxTarget: ExportTarget = {
  name: 'spikeglx',
  description: 'SpikeGLX: a folder with a run, samples as int16, the next trigger at each gap; for spike sorters',
  extension: '',
  gaps: ['native', 'fill'],
  holdsOneStream: true,
  optionsSchema,
  filesOf: runFolder,
  whyNot: whyNotSignal,
  needsRange: needsInt16Range,
  open: (path, head) => SpikeGlxExporter.open(path, head)
}

/** Readers take a name without spaces and dots apart. */
function runOf(path: string): string {
  return (
    basename(path)
      .replace(/_g\d+$/, '')
      .replaceAll(/[^\p{L}\p{N}_-]+/gu, '_') || 'run'
  )
}

/** All that is written is in the folder of the gate. */
function runFolder(path: string): [string] {
  return [join(path, `${runOf(path)}_g0`)]
}

import { rm } from 'node:fs/promises'
import type { NdArray } from '@nodeacq/ndarray'
import { z } from 'zod'
import { encodeMarks, encodeWavHeader, NO_SIZE, type WavMark } from '../../files/wav/header.ts'
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
import { OutputFile } from '../../files/output/OutputFile.ts'
import { bitsOf, samplesOf, WavEncoder, type WavSamples } from './WavEncoder.ts'

/** Bytes of nothing that are written at once. */
const FILL = 1 << 18

const optionsSchema = z.object({
  samples: z
    .enum(['auto', 'int16', 'int24', 'int32', 'float32', 'float64'])
    .default('auto')
    .describe("how samples are stored; 'auto': as they are, or what holds them"),
  fullScale: z.coerce
    .number()
    .positive()
    .default(1)
    .describe('of floats: the stored number that is full scale, ±1; default 1')
})

/** Writes WAV, which becomes RF64 beyond 4 GiB. The sizes in its header are those of the last sync. */
class WavExporter implements Exporter {
  readonly files: readonly string[]
  readonly #file: OutputFile
  readonly #stream: ExportStream
  readonly #encoder: WavEncoder
  readonly #marks: WavMark[] = []
  #dataBytes = 0
  #gaps = { count: 0, samples: 0 }
  #events = 0
  #unmarked = 0

  private constructor(file: OutputFile, head: ExportHead) {
    const { samples, fullScale } = optionsSchema.parse(head.options)
    this.files = [file.path]
    this.#file = file
    this.#stream = head.streams[0]!
    this.#encoder = new WavEncoder(this.#stream, samples === 'auto' ? samplesOf(this.#stream)! : samples, fullScale)
  }

  /** @throws RecorderError */
  static async open(path: string, head: ExportHead): Promise<WavExporter> {
    const file = await OutputFile.create(path)
    try {
      const exporter = new WavExporter(file, head)
      await file.append(encodeWavHeader(exporter.#encoder.format, 0))
      await file.sync()
      return exporter
    } catch (error) {
      await file.close()
      await rm(path, { force: true })
      throw error
    }
  }

  async samples(_stream: number, index: number, block: NdArray): Promise<void> {
    await this.#append(this.#encoder.encode(block, index))
  }

  async gap(_stream: number, { from, to, cause }: ExportGap): Promise<void> {
    const count = to - from
    this.#gaps = { count: this.#gaps.count + 1, samples: this.#gaps.samples + count }
    this.#mark(from, count, `gap: ${count} samples lost (${cause})`)
    const bytes = count * this.#encoder.format.frameBytes
    const { silence } = this.#encoder
    if (silence === 0) {
      await this.#file.appendZeros(bytes)
      this.#dataBytes += bytes
      return
    }
    const filled = Buffer.alloc(Math.min(FILL, bytes), silence)
    for (let done = 0; done < bytes; done += FILL) await this.#append(filled.subarray(0, bytes - done))
  }

  async event({ index, duration, label, value }: ExportEvent): Promise<void> {
    if (this.#mark(index, duration, label || String(value))) this.#events += 1
    return await Promise.resolve()
  }

  async sync(): Promise<void> {
    await this.#file.patch(encodeWavHeader(this.#encoder.format, this.#dataBytes), 0)
    await this.#file.sync()
  }

  async close(): Promise<ExportResult> {
    // First the size of the samples: what follows them is then known as marks, should the process die here.
    await this.sync()
    const marks = encodeMarks(this.#marks.toSorted((a, b) => a.frame - b.frame))
    await this.#file.append(Buffer.alloc(this.#dataBytes % 2), marks)
    await this.#file.patch(encodeWavHeader(this.#encoder.format, this.#dataBytes, marks.length), 0)
    await this.#file.sync()
    await this.abort()
    const { isExact, maxError, clipped, notFinite, beyondFullScale, format } = this.#encoder
    const names = this.#stream.channelInfo.flatMap(({ name, unit = '', gain }) =>
      unit === '' && gain === undefined ? [] : [`${name} (${[gain, unit].filter(Boolean).join(' ')})`]
    )
    const dropped = [
      ...(names.length === 0 ? [] : [`names and units of channels: ${names.join(', ')}`]),
      ...(beyondFullScale === 0
        ? []
        : [`${beyondFullScale} samples are beyond full scale, ±1: kept, but players clip them (option fullScale)`]),
      ...(this.#unmarked === 0 ? [] : [`${this.#unmarked} events behind 2^32 frames, or before the first`])
    ]
    const conversion = streamConversion(this.#stream.name, {
      isExact,
      rounding: { step: isExact || format.code === 3 ? 0 : 2 ** (1 - format.bits), maxError },
      clipped,
      notFinite,
      gaps: { mode: 'fill', ...this.#gaps },
      dropped
    })
    return { streams: [conversion], events: this.#events, dropped: [] }
  }

  async abort(): Promise<void> {
    await this.#file.close()
  }

  async #append(bytes: Uint8Array): Promise<void> {
    await this.#file.append(bytes)
    this.#dataBytes += bytes.length
  }

  /** @param index of a sample, which is a frame, as what is missing is filled */
  #mark(index: number, frames: number, label: string): boolean {
    const frame = index - this.#stream.startIndex
    const canBe = frame >= 0 && frame < NO_SIZE
    if (canBe) this.#marks.push({ frame, frames: Math.max(0, Math.round(frames)), label })
    else this.#unmarked += 1
    return canBe
  }
}

/** WAV, RIFF or RF64. */
export const wavTarget: ExportTarget = {
  name: 'wav',
  description: 'WAV (RF64 above 4 GiB): one file for each stream of a whole rate; events and gaps as marks',
  extension: '.wav',
  gaps: ['fill', 'split'],
  optionsSchema,
  holdsOneStream: true,
  whyNot(stream) {
    const { dtype, sampleShape, sampleRate } = stream
    const samples: WavSamples | undefined = samplesOf(stream)
    if (samples === undefined) return `WAV has no samples of ${dtype.fields ? 'structures' : dtype.name}`
    if (sampleShape.length > 1) return 'the format holds samples with one axis, the channels'
    const channels = sampleShape[0] ?? 1
    if (channels < 1 || channels * (bitsOf(samples) / 8) > 0xffff) return `it has ${channels} channels`
    const isWhole = Number.isInteger(sampleRate) && sampleRate > 0 && sampleRate < 2 ** 32
    return isWhole ? undefined : `WAV has whole rates only, and its rate is ${sampleRate} Hz`
  },
  open: (path, head) => WavExporter.open(path, head)
}

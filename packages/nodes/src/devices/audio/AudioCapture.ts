import { NdArray, parseDType } from '@nodeacq/ndarray'
import type { Logger } from '@nodeacq/rpc'
import type { OutputStream } from '@nodeacq/stream'
import { BlockAssembler } from '../programs/BlockAssembler.ts'
import { ProgramReader } from '../programs/ProgramReader.ts'
import {
  AUDIO_FORMATS,
  DEFAULT_DEVICE,
  type AudioBackend,
  type AudioDeviceSpec,
  type AudioFormat
} from './AudioBackend.ts'
import type { AudioCounts } from './AudioCounts.ts'
import { SampleLag, type Arrival } from './SampleLag.ts'

export interface AudioCaptureOptions {
  readonly backend: AudioBackend
  readonly device: AudioDeviceSpec
  readonly format: AudioFormat
  /** Names the node and its device, for messages. */
  readonly subject: string
  readonly log: Logger
  readonly counts: AudioCounts
}

/** ms of samples after an outage by which its length is judged; they are held so long. */
const SETTLING = 100

/** A piece of the pipe, and the samples that it completes. */
interface Piece extends Arrival {
  readonly bytes: Uint8Array
}

/**
 * Brings the samples of an audio device to an output. What was lost on the way, or is missing because the device or the sound
 * server was away, is a jump of the index.
 */
export class AudioCapture {
  readonly #output: OutputStream
  readonly #options: AudioCaptureOptions
  readonly #reader: ProgramReader
  readonly #lag: SampleLag
  readonly #blocks: BlockAssembler
  readonly #frame: number
  /** Bytes of the program in progress. */
  #length = 0
  /** After an outage: the pieces that tell how long it was. */
  #held: Piece[] | undefined
  /** Index of the end of what was sent. */
  #sent = 0

  constructor(output: OutputStream, options: AudioCaptureOptions) {
    const { backend, device, format: wanted, subject, log } = options
    const { sampleRate, channelCount, format, chunkSize } = wanted
    this.#output = output
    this.#options = options
    this.#reader = new ProgramReader({ call: backend.capture(device, wanted), subject, log })
    this.#lag = new SampleLag(sampleRate)
    this.#frame = channelCount * AUDIO_FORMATS[format].byteLength
    this.#blocks = new BlockAssembler(chunkSize * this.#frame)
  }

  /** Runs until `signal` aborts. @throws {DeviceError} when the device gives nothing from the start. */
  run(signal: AbortSignal): Promise<void> {
    return this.#reader.run(signal, {
      line: (line) => this.#hear(line),
      begin: (isReturn) => {
        this.#length = 0
        if (!isReturn) return
        this.#held = []
        this.#options.counts.reconnects += 1
      },
      piece: (bytes, at) => this.#take(bytes, at),
      end: async () => {
        await this.#resume()
        await this.#flush()
      }
    })
  }

  async #take(bytes: Uint8Array, at: number): Promise<void> {
    // A sample may lie over the end of a piece: it counts with the piece that completes it.
    const count = Math.floor((this.#length + bytes.length) / this.#frame) - Math.floor(this.#length / this.#frame)
    this.#length += bytes.length
    if (this.#held) {
      this.#held.push({ bytes, count, at })
      if (at - this.#held[0]!.at >= SETTLING) await this.#resume()
      return
    }
    const missing = this.#lag.take({ count, at })
    if (missing > 0) await this.#skip(missing, 'lost on the way: samples come later than the clock allows')
    await this.#send(bytes)
  }

  async #resume(): Promise<void> {
    const held = this.#held
    this.#held = undefined
    if (held === undefined || held.length === 0) return
    const missing = this.#lag.resume(held)
    if (missing > 0) await this.#skip(missing, 'of the time when it was away')
    for (const { bytes } of held) await this.#send(bytes)
  }

  #hear(line: string): boolean {
    const { backend, device, log, subject, counts } = this.#options
    const news = backend.readLine(line)
    if (news === undefined) return true
    if (news.kind === 'overrun') {
      counts.overruns += 1
      log.warning(`${subject}: overrun: ${line}`)
      this.#lag.expectLoss()
    }
    // Samples of another device than the one that was asked for must not pass for its own.
    if (news.kind === 'moved' && news.to !== device.name && device.name !== DEFAULT_DEVICE) {
      this.#reader.abandon(`the device is gone; the sound server offers '${news.to}' instead`)
    }
    return false
  }

  async #skip(missing: number, why: string): Promise<void> {
    const { subject, log, counts, format } = this.#options
    await this.#flush()
    this.#sent += missing
    counts.missingSamples += missing
    const ms = Math.round((1000 * missing) / format.sampleRate)
    log.warning(`${subject}: about ${missing} samples (${ms} ms) are missing, ${why}`)
  }

  async #send(bytes: Uint8Array): Promise<void> {
    for (const block of this.#blocks.push(bytes)) await this.#sendBlock(block)
  }

  async #flush(): Promise<void> {
    const rest = this.#blocks.flush(this.#frame)
    if (rest !== undefined) await this.#sendBlock(rest)
  }

  #sendBlock(block: Uint8Array): Promise<void> {
    const { format, channelCount } = this.#options.format
    const samples = block.length / this.#frame
    this.#sent += samples
    const data = NdArray.fromBuffer(block, { dtype: parseDType(format), shape: [samples, channelCount] })
    return this.#output.send(data, this.#sent, { handOver: true })
  }
}

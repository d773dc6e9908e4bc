import { DeviceError } from '@nodeacq/core'
import { NdArray, parseDType } from '@nodeacq/ndarray'
import type { Logger } from '@nodeacq/rpc'
import type { OutputStream } from '@nodeacq/stream'
import { BackOff } from '../BackOff.ts'
import { BlockAssembler } from '../programs/BlockAssembler.ts'
import { DeviceProgram } from '../programs/DeviceProgram.ts'
import { AUDIO_FORMATS, type AudioBackend, type AudioDeviceSpec, type AudioFormat } from './AudioBackend.ts'
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

/** ms without a sample after which the program is started anew. */
const SILENCE = 10_000

/** ms of samples after an outage by which its length is judged; they are held so long. */
const SETTLING = 100

/** A piece of the pipe, and the samples that it completes. */
interface Piece extends Arrival {
  readonly bytes: Uint8Array
}

/**
 * Brings the samples of an audio device to an output, through one program after the other: when one ends, or gives nothing
 * for long, the next is started. What is missing meanwhile, or was lost on the way, is a jump of the index.
 */
export class AudioCapture {
  readonly #output: OutputStream
  readonly #options: AudioCaptureOptions
  readonly #lag: SampleLag
  readonly #blocks: BlockAssembler
  readonly #frame: number
  #program: DeviceProgram | undefined
  /** Index of the end of what was sent. */
  #sent = 0
  #hasBegun = false
  #movedTo: string | undefined

  constructor(output: OutputStream, options: AudioCaptureOptions) {
    const { sampleRate, channelCount, format, chunkSize } = options.format
    this.#output = output
    this.#options = options
    this.#lag = new SampleLag(sampleRate)
    this.#frame = channelCount * AUDIO_FORMATS[format].byteLength
    this.#blocks = new BlockAssembler(chunkSize * this.#frame)
  }

  /** Runs until `signal` aborts. @throws {DeviceError} when the device gives nothing from the start. */
  async run(signal: AbortSignal): Promise<void> {
    const { subject, log, counts } = this.#options
    const backOff = new BackOff()
    for (let isOut = false; ;) {
      const reason = await this.#runProgram(signal, () => {
        if (isOut) log.info(`${subject}: records again`)
        if (isOut) counts.reconnects += 1
        isOut = false
        backOff.reset()
      })
      await this.#flush()
      if (signal.aborted) return
      if (!this.#hasBegun) throw new DeviceError(`${subject}: ${reason}`)
      if (!isOut) log.warning(`${subject}: ${reason}; trying again`)
      isOut = true
      await backOff.wait(signal)
      if (signal.aborted) return
    }
  }

  /** Gives why it ended. */
  async #runProgram(signal: AbortSignal, begun: () => void): Promise<string> {
    const { backend, device, format, subject } = this.#options
    await using program = new DeviceProgram(backend.capture(device, format), (line) => this.#hear(line))
    this.#program = program
    const stop = (): void => void program.close()
    signal.addEventListener('abort', stop, { once: true })
    let isSilent = false
    const watch = setTimeout(() => {
      isSilent = true
      stop()
    }, SILENCE)
    // After an outage: the pieces that tell how long it was.
    let held: Piece[] | undefined = this.#hasBegun ? [] : undefined
    let length = 0
    try {
      if (signal.aborted) return ''
      for await (const bytes of program.stdout as AsyncIterable<Buffer>) {
        const at = performance.now()
        watch.refresh()
        if (length === 0) begun()
        this.#hasBegun = true
        // A sample may lie over the end of a piece: it counts with the piece that completes it.
        const count = Math.floor((length + bytes.length) / this.#frame) - Math.floor(length / this.#frame)
        length += bytes.length
        if (held === undefined) await this.#take({ bytes, count, at })
        else if (held.push({ bytes, count, at }) > 1 && at - held[0]!.at >= SETTLING) {
          await this.#resume(held)
          held = undefined
        }
      }
      if (held) await this.#resume(held)
    } finally {
      clearTimeout(watch)
      signal.removeEventListener('abort', stop)
      this.#program = undefined
    }
    const { reason } = await program.ended
    if (this.#movedTo !== undefined) {
      const to = this.#movedTo
      this.#movedTo = undefined
      return `the device is gone; the sound server offered '${to}' instead`
    }
    return isSilent ? `no samples for ${SILENCE / 1000} s` : reason || `${subject} ended`
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
    if (news.kind === 'moved' && news.to !== device.name && device.name !== 'default') {
      this.#movedTo = news.to
      void this.#program?.close()
    }
    return false
  }

  async #take({ bytes, count, at }: Piece): Promise<void> {
    const missing = this.#lag.take({ count, at })
    if (missing > 0) await this.#skip(missing, false)
    for (const block of this.#blocks.push(bytes)) await this.#send(block)
  }

  async #resume(pieces: readonly Piece[]): Promise<void> {
    if (pieces.length === 0) return
    const missing = this.#lag.resume(pieces)
    if (missing > 0) await this.#skip(missing, true)
    for (const { bytes } of pieces) for (const block of this.#blocks.push(bytes)) await this.#send(block)
  }

  async #skip(missing: number, isOutage: boolean): Promise<void> {
    const { subject, log, counts, format } = this.#options
    await this.#flush()
    this.#sent += missing
    counts.missingSamples += missing
    const ms = Math.round((1000 * missing) / format.sampleRate)
    const why = isOutage ? 'while it was away' : 'lost on the way: samples came later than the clock allows'
    log.warning(`${subject}: about ${missing} samples (${ms} ms) are missing, ${why}`)
  }

  async #flush(): Promise<void> {
    const rest = this.#blocks.flush(this.#frame)
    if (rest !== undefined) await this.#send(rest)
  }

  #send(block: Uint8Array): Promise<void> {
    const { format, channelCount } = this.#options.format
    const samples = block.length / this.#frame
    this.#sent += samples
    const data = NdArray.fromBuffer(block, { dtype: parseDType(format), shape: [samples, channelCount] })
    return this.#output.send(data, this.#sent, { handOver: true })
  }
}

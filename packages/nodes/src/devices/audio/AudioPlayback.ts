import { once } from 'node:events'
import { DeviceError } from '@nodeacq/core'
import type { Logger } from '@nodeacq/rpc'
import type { InputStream } from '@nodeacq/stream'
import { BackOff } from '../BackOff.ts'
import { DeviceProgram } from '../programs/DeviceProgram.ts'
import { AUDIO_FORMATS, type AudioBackend, type AudioDeviceSpec, type AudioFormat } from './AudioBackend.ts'
import type { AudioCounts } from './AudioCounts.ts'
import { toPcm } from './toPcm.ts'

export interface AudioPlaybackOptions {
  readonly backend: AudioBackend
  readonly device: AudioDeviceSpec
  readonly format: AudioFormat
  readonly subject: string
  readonly log: Logger
  readonly counts: AudioCounts
}

/** ms after which a program that still runs has opened its device. */
const OPENED = 1000
/** s of samples that may wait for a device that is slower than its source, before newer ones are dropped. */
const LONGEST_QUEUE = 0.5

/**
 * Plays the samples of an input on an audio device. Where there are none, the device plays silence; the log tells it once for
 * each time. When the program ends, it is started anew, and what comes meanwhile is not played.
 */
export class AudioPlayback {
  readonly #input: InputStream
  readonly #options: AudioPlaybackOptions
  readonly #backOff = new BackOff()
  #program: DeviceProgram | undefined
  #isOut = false
  #isSilent = false
  #isDropping = false
  #hasPlayed = false
  #failure: DeviceError | undefined

  constructor(input: InputStream, options: AudioPlaybackOptions) {
    this.#input = input
    this.#options = options
  }

  /** Runs until the input ends or `signal` aborts. @throws {DeviceError} when the device cannot be opened at the start. */
  async run(signal: AbortSignal): Promise<void> {
    const { format } = this.#options
    const ending = new AbortController()
    const stopped = AbortSignal.any([signal, ending.signal])
    const keeping = this.#keepProgram(stopped).catch((error: unknown) => {
      this.#failure = error as DeviceError
      ending.abort()
    })
    try {
      for await (const { data } of this.#input.chunks(stopped)) await this.#play(toPcm(data, format), stopped)
      if (!stopped.aborted) await this.#finish()
    } finally {
      ending.abort()
      await keeping
    }
    if (this.#failure) throw this.#failure
  }

  async #finish(): Promise<void> {
    const { backend, format } = this.#options
    const silence = Math.ceil((backend.tail * format.sampleRate) / 1000)
    if (silence > 0) this.#program?.stdin.write(new Uint8Array(silence * frameOf(format)))
    await this.#program?.finish()
  }

  async #keepProgram(signal: AbortSignal): Promise<void> {
    const { backend, device, format, subject, log } = this.#options
    while (!signal.aborted) {
      await using program = new DeviceProgram(backend.playback(device, format), (line) => this.#hear(line))
      const stop = (): void => void program.close()
      signal.addEventListener('abort', stop, { once: true })
      this.#program = program
      const opened = setTimeout(() => this.#begin(), OPENED)
      const { reason } = await program.ended
      clearTimeout(opened)
      signal.removeEventListener('abort', stop)
      this.#program = undefined
      if (signal.aborted || program.stdin.writableEnded) return
      if (!this.#hasPlayed) throw new DeviceError(`${subject}: ${reason}`)
      if (!this.#isOut) log.warning(`${subject}: ${reason}; trying again, what comes meanwhile is not played`)
      this.#isOut = true
      await this.#backOff.wait(signal)
    }
  }

  async #play(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const { format, counts, log, subject } = this.#options
    const frame = frameOf(format)
    const stdin = this.#program?.stdin
    if (stdin === undefined || !stdin.writable) {
      counts.droppedSamples += bytes.length / frame
      return
    }
    if (stdin.writableLength > LONGEST_QUEUE * format.sampleRate * frame) {
      if (this.#input.info.flow === 'wait') await once(stdin, 'drain', { signal }).catch(() => {})
      else {
        if (!this.#isDropping) log.warning(`${subject}: the source is faster than the device; samples are not played`)
        this.#isDropping = true
        counts.droppedSamples += bytes.length / frame
        return
      }
    }
    this.#isDropping &&= stdin.writableLength > 0
    this.#isSilent = false
    stdin.write(bytes)
  }

  /** The device is open. */
  #begin(): void {
    const { log, subject, counts } = this.#options
    this.#hasPlayed = true
    this.#backOff.reset()
    if (!this.#isOut) return
    this.#isOut = false
    counts.reconnects += 1
    log.info(`${subject}: plays again`)
  }

  #hear(line: string): boolean {
    const { backend, device, log, subject, counts } = this.#options
    const news = backend.readLine(line)
    if (news === undefined) return true
    if (news.kind === 'playing') this.#begin()
    const isEnding = this.#program?.stdin.writableEnded ?? true
    if ((news.kind === 'underrun' || news.kind === 'overrun') && !this.#isSilent && !isEnding) {
      this.#isSilent = true
      counts.underruns += 1
      log.warning(`${subject}: nothing to play, silence until samples come`)
    }
    if (news.kind === 'moved' && news.to !== device.name && device.name !== 'default') {
      log.warning(`${subject}: the device is gone; the sound server plays on '${news.to}' instead`)
    }
    return false
  }
}

function frameOf({ format, channelCount }: AudioFormat): number {
  return channelCount * AUDIO_FORMATS[format].byteLength
}

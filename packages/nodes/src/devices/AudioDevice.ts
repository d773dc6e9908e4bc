import { ConfigError, DeviceError, Node, describeOutput, registerNodeType } from '@nodeacq/core'
import { parseDType } from '@nodeacq/ndarray'
import { z } from 'zod'
import { AUDIO_FORMATS, type AudioDeviceSpec, type AudioFormat } from './audio/AudioBackend.ts'
import { AudioCapture } from './audio/AudioCapture.ts'
import { noAudioCounts } from './audio/AudioCounts.ts'
import { AudioPlayback } from './audio/AudioPlayback.ts'
import { AUDIO_BACKENDS, openAudioBackend, type OpenAudio } from './audio/openAudioBackend.ts'
import { isPlayable } from './audio/toPcm.ts'

const device = z.union([z.number().int().nonnegative(), z.string().min(1)]).nullish()

const config = z.object({
  channelCount: z
    .number()
    .int()
    .min(1)
    .max(64)
    .default(2)
    .describe('number of channels, recorded and played')
    .meta({ pyacq: 'nb_channel' }),
  sampleRate: z
    .number()
    .min(1)
    .max(768_000)
    .default(44_100)
    .describe('samples per second of each channel, in Hz; rounded to an integer')
    .meta({ pyacq: 'sample_rate' }),
  inputDevice: device
    .describe("device to record from: its name or its index in the list, 'default'; default none, and no output")
    .meta({ pyacq: 'input_device_index' }),
  outputDevice: device
    .describe("device to play on: its name or its index in the list, 'default'; default none, and no input")
    .meta({ pyacq: 'output_device_index' }),
  format: z.enum(['int16', 'int32', 'float32']).default('int16').describe('numbers of the samples'),
  chunkSize: z
    .number()
    .int()
    .positive()
    .max(1_000_000)
    .default(1024)
    .describe('samples in each chunk')
    .meta({ pyacq: 'chunksize' }),
  backend: z
    .enum(AUDIO_BACKENDS)
    .default('auto')
    .describe(
      "programs that reach the devices: 'pulse' (parec, pacat), 'ffmpeg', or the first of these that has devices"
    )
})

type Config = z.infer<typeof config>

/**
 * Records from an audio device and plays on one, as pyacq's PyAudio.
 *
 * Output `signals`: `(samples, channels)` in `format`, with the scale that makes full scale 1. Its index counts samples of the
 * device; what was lost on the way or while the device was away is a gap. Input `signals`: int16, int32, float32 or float64
 * (full scale 1), of `channelCount` channels or of one, which goes to all. With both, the run ends with the input.
 */
export class AudioDevice extends Node<Config> {
  static override readonly description = 'Records and plays sound (microphone, line, loudspeaker), as PyAudio.'
  static override readonly configSchema = config
  /** Optional for graph files: whether there is one depends on `outputDevice`. */
  static override readonly inputSpecs = { signals: { streamType: 'analogsignal', optional: true } }
  static override readonly outputSpecs = { signals: { streamType: 'analogsignal' } }
  #open: OpenAudio | undefined
  #format: AudioFormat = { sampleRate: 44_100, channelCount: 2, format: 'int16', chunkSize: 1024 }
  #recorded: AudioDeviceSpec | undefined
  #played: AudioDeviceSpec | undefined
  #counts = noAudioCounts()

  protected override async _configure(options: Config): Promise<void> {
    const { channelCount, sampleRate, format, chunkSize, inputDevice, outputDevice, backend } = options
    if (inputDevice == null && outputDevice == null) {
      const problem = "'inputDevice', 'outputDevice': expected at least one device, got none; 'default' is the system's"
      throw new ConfigError(this._subject, [problem])
    }
    const open = await openAudioBackend(this._subject, backend)
    this.#open = open
    this.#format = { sampleRate: Math.round(sampleRate), channelCount, format, chunkSize }
    this.#recorded = inputDevice == null ? undefined : this.#find(inputDevice, 'record')
    this.#played = outputDevice == null ? undefined : this.#find(outputDevice, 'play')
    await this.#makeStreams()
    if (this.#recorded) await this.#describe(this.#recorded)
    this.#tellMixing()
  }

  #find(wanted: number | string, use: 'record' | 'play'): AudioDeviceSpec {
    const can = ({ maxInputChannels, maxOutputChannels }: AudioDeviceSpec) =>
      (use === 'record' ? maxInputChannels : maxOutputChannels) > 0
    const { devices } = this.#open!.list
    // A sound card may be listed twice under one name, once for each direction.
    const named = devices.filter((one) => (typeof wanted === 'number' ? one.index === wanted : one.name === wanted))
    const found = named.find(can)
    if (found) return found
    const able = devices.filter(can).map(({ index, name }) => `${index}: ${name}`)
    const what = named.length > 0 ? `device '${named[0]!.name}' cannot ${use}` : `there is no audio device '${wanted}'`
    throw new DeviceError(`${this._subject}: ${what}; those that can: ${able.join(', ') || 'none'}`)
  }

  /** A direction that has no device has no stream. */
  async #makeStreams(): Promise<void> {
    const { inputs, outputs } = this
    if (this.#played === undefined) {
      await inputs['signals']?.close()
      delete inputs['signals']
    } else if (!('signals' in inputs)) this.addInput('signals', AudioDevice.inputSpecs.signals)
    if (this.#recorded === undefined) {
      await outputs['signals']?.close()
      delete outputs['signals']
    } else if (!('signals' in outputs)) this.addOutput('signals', AudioDevice.outputSpecs.signals)
  }

  async #describe({ channelNames }: AudioDeviceSpec): Promise<void> {
    const { sampleRate, channelCount, format } = this.#format
    const hasNames = channelNames.length === channelCount
    await describeOutput(this.output, {
      dtype: format,
      shape: [-1, channelCount],
      sampleRate,
      channelCount,
      scale: 1 / AUDIO_FORMATS[format].fullScale,
      offset: 0,
      // A device does not wait, whoever feeds what is played.
      flow: 'realtime',
      channelInfo: Array.from({ length: channelCount }, (_, k) => ({ name: hasNames ? channelNames[k]! : `ch${k}` }))
    })
  }

  #tellMixing(): void {
    const { sampleRate, channelCount } = this.#format
    const tell = (one: AudioDeviceSpec | undefined, channels: number | undefined): void => {
      if (one === undefined || one.hostApi !== 'pulse' || one.defaultSampleRate === null) return
      if (one.defaultSampleRate !== sampleRate) {
        this.log.info(`${this._subject}: '${one.name}' runs at ${one.defaultSampleRate} Hz; the sound server resamples`)
      }
      if (channels !== channelCount) {
        this.log.info(`${this._subject}: '${one.name}' has ${channels} channels; the sound server mixes`)
      }
    }
    tell(this.#recorded, this.#recorded?.maxInputChannels)
    tell(this.#played, this.#played?.maxOutputChannels)
  }

  /** Every audio device of this machine, as PyAudio's `list_device_specs`. @throws {DeviceError} @throws {MissingPackageError} */
  async listDeviceSpecs(): Promise<readonly AudioDeviceSpec[]> {
    return (await openAudioBackend(this._subject)).list.devices
  }

  /** Index of the device that the system records from. @throws {DeviceError} when there is none */
  async defaultInputDevice(): Promise<number> {
    const { list } = await openAudioBackend(this._subject)
    return this.#indexOf(list.devices, list.defaultInput, 'record')
  }

  /** Index of the device that the system plays on. @throws {DeviceError} when there is none */
  async defaultOutputDevice(): Promise<number> {
    const { list } = await openAudioBackend(this._subject)
    return this.#indexOf(list.devices, list.defaultOutput, 'play')
  }

  #indexOf(devices: readonly AudioDeviceSpec[], name: string | undefined, use: string): number {
    const found = devices.find((one) => one.name === name)
    if (found === undefined) throw new DeviceError(`${this._subject}: this machine has no audio device that can ${use}`)
    return found.index
  }

  protected override _checkInputs(): void {
    const input = this.inputs['signals']
    if (input === undefined) return
    const { dtype, shape, sampleRate } = input.info
    const { channelCount } = this.#format
    const problems: string[] = []
    const { name } = parseDType(dtype)
    const channels = shape.length === 2 ? shape[1] : undefined
    if (!isPlayable(name)) problems.push(`input 'signals': expected int16, int32, float32 or float64, got ${name}`)
    if (channels !== channelCount && channels !== 1) {
      problems.push(
        `input 'signals': expected shape (samples, ${channelCount}) or (samples, 1), got (${shape.join(', ')})`
      )
    }
    if (Math.round(sampleRate) !== this.#format.sampleRate) {
      problems.push(
        `input 'signals': expected ${this.#format.sampleRate} Hz, got ${sampleRate}; put a Resampler before`
      )
    }
    if (problems.length > 0) throw new ConfigError(this._subject, problems)
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    this.#counts = noAudioCounts()
    const ended = new AbortController()
    const stopped = AbortSignal.any([signal, ended.signal])
    const { backend } = this.#open!
    const shared = { backend, format: this.#format, log: this.log, counts: this.#counts }
    const jobs: Promise<void>[] = []
    if (this.#recorded) {
      const subject = `${this._subject}: recording '${this.#recorded.name}'`
      jobs.push(new AudioCapture(this.output, { ...shared, device: this.#recorded, subject }).run(stopped))
    }
    if (this.#played) {
      const subject = `${this._subject}: playing on '${this.#played.name}'`
      jobs.push(new AudioPlayback(this.input, { ...shared, device: this.#played, subject }).run(stopped))
    }
    // One ends with the other; both have ended before the run has.
    await Promise.allSettled(jobs.map((job) => job.finally(() => ended.abort())))
    await Promise.all(jobs)
  }

  /** See {@link AudioCounts}. */
  protected override _counters(): Readonly<Record<string, number>> {
    return this.#counts
  }
}
registerNodeType(AudioDevice)

import { DeviceError, Node, describeOutput, registerNodeType } from '@nodeacq/core'
import type { OutputOptions } from '@nodeacq/stream'
import { z } from 'zod'
import { EMOTIV_MODELS, EmotivCipher, REPORT_SIZE, type EmotivModel } from './emotiv/EmotivCipher.ts'
import { EMOTIV_CHANNELS, EMOTIV_RATE, EPOC_COUNTER, formatOf } from './emotiv/emotivReports.ts'
import { EmotivReceiver, type EmotivCounts } from './emotiv/EmotivReceiver.ts'
import { EmotivSender } from './emotiv/EmotivSender.ts'
import { openReports, type ReportSource } from './emotiv/openReports.ts'
import { recognizeModel, REPORTS_TO_RECOGNIZE } from './emotiv/recognizeModel.ts'
import { keepStreaming } from './keepStreaming.ts'
import { LostWatch } from './LostWatch.ts'

const config = z.object({
  device: z
    .string()
    .nullish()
    .describe(
      'path of the dongle, such as /dev/hidraw0, or of a named pipe with its reports; default the first one found'
    )
    .meta({ pyacq: 'device_handle' }),
  serial: z
    .string()
    .nullish()
    .describe('serial number of the dongle, which makes the key; default what the system says'),
  model: z
    .enum(['auto', ...EMOTIV_MODELS])
    .default('auto')
    .describe("how reports are encrypted and laid out; default 'auto': what fits to those that come"),
  sampleRate: z.literal([128, 256]).default(EMOTIV_RATE).describe('Hz that the headset is set to; default 128'),
  units: z
    .enum(['physical', 'digital'])
    .default('digital')
    .describe("'digital': levels as pyacq has them; 'physical': float32, µV; default 'digital'"),
  chunkSize: z.number().int().positive().default(8).describe('samples that are sent together; default 8'),
  timeout: z
    .number()
    .int()
    .positive()
    .default(3000)
    .describe('ms without a report after which the dongle is opened again; default 3000')
})

type Config = z.infer<typeof config>

const NO_COUNTS: EmotivCounts = { badReports: 0, motionReports: 0, duplicates: 0, restarts: 0 }
/** What is kept of reports until the model is known. */
const MAX_KEPT = 2 * REPORTS_TO_RECOGNIZE * REPORT_SIZE

/**
 * An EPOC, EPOC+ or EPOC X of Emotiv at its own USB dongle, without Emotiv's software.
 *
 * Output `signals`: `(samples, 14)`, levels or µV. Those with 14 bits (EPOC) also have `impedances`, the quality of each
 * contact, and `gyro`, at the same rate, and `battery`, percent, about once a second. What the counter misses, and what was
 * missed while the dongle was away, is a gap.
 *
 * As pyacq/devices/eeg_emotiv.py, except: further models, which are told by their reports; reports that were lost or are none
 * are gaps; impedances of sensors that were not told of yet are NaN.
 */
export class Emotiv extends Node<Config> {
  static override readonly description = 'An EPOC of Emotiv at its USB dongle: EEG, contact, gyroscope, battery.'
  static override readonly makesAnyOutput = true
  static override readonly configSchema = config
  #source: ReportSource | undefined
  #model: EmotivModel = 'epoc'
  #serial = ''
  #receiver: EmotivReceiver | undefined
  #watch = new LostWatch(0)
  #isTaking = false
  #reconnects = 0
  /** Reports that came while nothing ran, the newest. */
  #kept = new Uint8Array(0)

  protected override async _configure(options: Config): Promise<void> {
    await this.#source?.close()
    this.#watch = new LostWatch(options.timeout)
    this.#kept = new Uint8Array(0)
    this.#source = await this.#open(options)
    try {
      await this.#identify(options, this.#source)
    } catch (error) {
      await this.#source.close()
      throw error
    }
    await this.#makeOutputs(options)
  }

  /** Finds out what makes the key. @throws {DeviceError} @throws {ConfigError} a serial number that is none */
  async #identify(options: Config, source: ReportSource): Promise<void> {
    const serial = options.serial ?? source.serial
    if (serial === undefined) {
      throw new DeviceError(
        `${this._subject}: serial number of ${source.path}: expected one, got none; give it as serial`
      )
    }
    this.#serial = serial
    this.#model = options.model === 'auto' ? await this.#recognize(options, source.path) : options.model
    // A serial number that is none shows here.
    new EmotivCipher(this.#model, serial)
  }

  async #open({ device }: Config): Promise<ReportSource> {
    return await openReports(device ?? undefined, {
      onReport: (report) => {
        this.#watch.heard()
        if (this.#isTaking) this.#receiver?.receiveReport(report, performance.now() / 1000)
        else this.#keep(report)
      },
      onBytes: (bytes) => {
        this.#watch.heard()
        if (this.#isTaking) this.#receiver?.receiveBytes(bytes, performance.now() / 1000)
        else this.#keep(bytes)
      },
      onLost: (reason) => {
        this.#source = undefined
        this.#watch.lose(reason)
      }
    })
  }

  #keep(bytes: Uint8Array): void {
    if (this.#kept.length < MAX_KEPT) this.#kept = Buffer.concat([this.#kept, bytes])
  }

  async #recognize({ timeout }: Config, path: string): Promise<EmotivModel> {
    const until = performance.now() + timeout
    while (this.#kept.length < REPORTS_TO_RECOGNIZE * REPORT_SIZE) {
      if (performance.now() > until) {
        const got = Math.floor(this.#kept.length / REPORT_SIZE)
        throw new DeviceError(`${this._subject}: ${path}: ${got} reports within ${timeout} ms; is the headset on?`)
      }
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    const model = recognizeModel(this.#kept, this.#serial)
    if (model === undefined) {
      throw new DeviceError(
        `${this._subject}: no key of serial number '${this.#serial}' fits to the reports of ${path}; is it the dongle's?`
      )
    }
    return model
  }

  async #makeOutputs({ units, sampleRate }: Config): Promise<void> {
    const { bits, microvolts } = formatOf(this.#model)
    const isPhysical = units === 'physical'
    const digital = bits === 14 ? 'int16' : 'int32'
    const count = EMOTIV_CHANNELS.length
    const specs: Record<string, OutputOptions> = {
      signals: {
        dtype: isPhysical ? 'float32' : digital,
        shape: [-1, count],
        sampleRate,
        channelInfo: EMOTIV_CHANNELS.map((name) => ({ name, unit: 'uV', ...(!isPhysical && { gain: microvolts }) })),
        ...(isPhysical && { units: 'uV' })
      }
    }
    if (bits === 14) {
      const channelInfo = EMOTIV_CHANNELS.map((name) => ({ name: `imp ${name}` }))
      specs['impedances'] = { dtype: 'float32', shape: [-1, count], sampleRate, channelInfo }
      specs['gyro'] = {
        dtype: 'int16',
        shape: [-1, 2],
        sampleRate,
        channelInfo: [{ name: 'gyro0' }, { name: 'gyro1' }]
      }
      specs['battery'] = {
        dtype: 'float32',
        shape: [-1, 1],
        sampleRate: sampleRate / EPOC_COUNTER,
        channelInfo: [{ name: 'battery', unit: '%' }]
      }
    }
    for (const [name, output] of Object.entries(this.outputs)) {
      if (name in specs) continue
      await output.close()
      delete this.outputs[name]
    }
    for (const [name, spec] of Object.entries(specs)) {
      const output = this.outputs[name] ?? this.addOutput(name)
      await describeOutput(output, { streamType: 'analogsignal', channelCount: spec.channelInfo!.length, ...spec })
    }
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const { units, chunkSize, sampleRate, device } = this.config
    this.#reconnects = 0
    const sender = new EmotivSender(this.outputs, {
      microvolts: units === 'physical' ? formatOf(this.#model).microvolts : undefined,
      bits: formatOf(this.#model).bits,
      chunkSize
    })
    sender.onFailure = (error) => this.#watch.fail(error)
    const cipher = new EmotivCipher(this.#model, this.#serial)
    const receiver = new EmotivReceiver(cipher, sampleRate, (index, sample) => sender.add({ index, sample }))
    sender.onSent = (sample) => receiver.recycle(sample)
    this.#receiver = receiver
    this.#isTaking = true
    try {
      await keepStreaming(
        {
          subject: this._subject,
          address: device ?? 'the dongle',
          log: this.log,
          watch: this.#watch,
          start: async () => {
            this.#source ??= await this.#open(this.config)
            receiver.beginAnew()
          },
          disconnect: async () => {
            await this.#source?.close()
            this.#source = undefined
          },
          onRetry: () => (this.#reconnects += 1)
        },
        signal
      )
    } finally {
      this.#isTaking = false
      receiver.finish()
      await sender.finish()
    }
  }

  /**
   * `badReports`: reports that were none; `motionReports` of an EPOC+, whose contents are not known; `duplicates`;
   * `restarts`: times that the headset counted anew; `reconnects`.
   */
  protected override _counters(): Readonly<Record<string, number>> {
    return { ...(this.#receiver?.counts ?? NO_COUNTS), reconnects: this.#reconnects }
  }

  protected override async _close(): Promise<void> {
    await this.#source?.close()
  }
}
registerNodeType(Emotiv)

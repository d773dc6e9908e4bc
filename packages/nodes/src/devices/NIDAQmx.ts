import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigError, DeviceError, Node, describeOutput, ndArraySchema, registerNodeType } from '@nodeacq/core'
import { NdArray } from '@nodeacq/ndarray'
import { z } from 'zod'
import { NidaqError, NidaqLibrary, type AnalogChannel, type NidaqTask } from './nidaqmx/NidaqLibrary.ts'

const MODES = ['default', 'rse', 'nrse', 'diff', 'pseudodiff'] as const
const MAGNITUDES = { raw: 'int16', float32_volt: 'float32', float64_volt: 'float64' } as const
const range = z.tuple([z.number(), z.number()])

const config = z.object({
  sampleRate: z.number().positive().describe('Hz of each channel').meta({ pyacq: 'sample_rate' }),
  chunkSize: z
    .number()
    .int()
    .positive()
    .default(1000)
    .describe("samples in each chunk; the device's memory has to suit it")
    .meta({ pyacq: 'chunksize' }),
  aiChannels: z
    .array(z.string())
    .default([])
    .describe('channels to acquire, by their names in NI MAX, such as Dev1/ai0')
    .meta({ pyacq: 'aichannels' }),
  aiRanges: z
    .union([range, z.record(z.string(), range)])
    .default([-5, 5])
    .describe('[min, max] in V, for all channels or by name')
    .meta({ pyacq: 'airanges' }),
  aiModes: z
    .union([z.enum(MODES), z.record(z.string(), z.enum(MODES))])
    .default('rse')
    .describe('how inputs are wired, for all channels or by name')
    .meta({ pyacq: 'aimodes' }),
  magnitudeMode: z
    .enum(['raw', 'float32_volt', 'float64_volt'])
    .default('raw')
    .describe('raw: int16 of the converter; else V')
    .meta({ pyacq: 'magnitude_mode' }),
  aoChannels: z
    .array(z.string())
    .default([])
    .describe('channels that playAo may use; default any')
    .meta({ pyacq: 'aochannels' }),
  library: z.string().nullish().describe("path of NI-DAQmx's library; default that of the system")
})

type Config = z.infer<typeof config>

const signals = ndArraySchema({ dtype: 'float64', ndim: 2 })

const DEFAULT_RANGE = [-5, 5] as const
/** V that playAo may give. */
const AO_RANGE = [-10, 10] as const
/** Chunks of time without a sample after which the device is given up. */
const PATIENCE = 10
/** ms, the least that is waited before that. */
const LEAST_PATIENCE = 1000
/** ms between looks at the driver: at most, and at least. */
const LOOK = { most: 20, least: 1 }

/**
 * Devices of National Instruments, through their driver NI-DAQmx.
 *
 * Output `aichannels`: `(chunkSize, channels)`, the numbers of the converter (int16, with `scale` in V) or V; none without
 * channels. Meanwhile `playAo` plays a short signal. Samples that the driver lost are a gap.
 *
 * Deliberate differences to pyacq/devices/ni_daqmx.py: the rate of the output is the one that the device really has, `raw`
 * carries its scale, a signal to play is checked, and lost samples do not end the node.
 */
export class NIDAQmx extends Node<Config> {
  static override readonly description = 'Devices of National Instruments: analogue inputs, and signals to play.'
  static override readonly configSchema = config
  static override readonly outputSpecs = { aichannels: { streamType: 'analogsignal' } }
  #library: NidaqLibrary | undefined
  #input: NidaqTask | undefined
  #isPlaying = false
  #played: Promise<void> | undefined
  readonly #closer = new AbortController()
  #counts = { overruns: 0 }

  protected override async _configure(options: Config): Promise<void> {
    this.#library = await NidaqLibrary.open(this._subject, options.library ?? undefined)
    const { aiChannels, chunkSize, magnitudeMode, sampleRate } = options
    if (aiChannels.length === 0) {
      await this.outputs['aichannels']?.close()
      delete this.outputs['aichannels']
      return
    }
    if (!('aichannels' in this.outputs)) this.addOutput('aichannels', NIDAQmx.outputSpecs.aichannels)
    const channels = channelsOf(options)
    const gains = channels.map(({ range: [min, max] }) => (max - min) / 2 ** 16)
    await describeOutput(this.output, {
      dtype: MAGNITUDES[magnitudeMode],
      shape: [chunkSize, aiChannels.length],
      sampleRate,
      units: 'V',
      scale: magnitudeMode === 'raw' ? gains : null,
      offset: magnitudeMode === 'raw' ? gains.map(() => 0) : null,
      channelCount: aiChannels.length,
      channelInfo: aiChannels.map((name) => ({ name, unit: 'V' }))
    })
  }

  protected override async _initialize(): Promise<void> {
    await this.#clear()
    const { aiChannels, sampleRate, chunkSize } = this.config
    if (aiChannels.length === 0) return
    this.#input = await this.#library!.acquire(channelsOf(this.config), sampleRate, chunkSize)
    await describeOutput(this.output, { sampleRate: this.#input.rate() })
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    this.#counts = { overruns: 0 }
    const task = this.#input
    if (task === undefined) {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
      return
    }
    await task.start()
    try {
      await this.#acquire(task, signal)
    } finally {
      // A device that is gone cannot be stopped either: what ended the run says more.
      await task.stop().catch((error: unknown) => this.log.debug(`${this._subject}: ${String(error)}`))
    }
  }

  async #acquire(task: NidaqTask, signal: AbortSignal): Promise<void> {
    const { chunkSize } = this.config
    const { sampleRate } = this.output.info
    const look = Math.min(LOOK.most, Math.max(LOOK.least, (250 * chunkSize) / sampleRate))
    const patience = Math.max(LEAST_PATIENCE, (PATIENCE * 1000 * chunkSize) / sampleRate)
    const track = new StartTrack(sampleRate)
    let fed = performance.now()
    while (!signal.aborted) {
      try {
        while (!signal.aborted && task.available() >= chunkSize) {
          const chunk = this.#read(task)
          fed = performance.now()
          await this.output.send(chunk, track.advance(chunkSize), { handOver: true })
        }
      } catch (error) {
        if (!(error instanceof NidaqError) || !error.isOverrun) throw error
        this.#counts.overruns += 1
        this.log.warning(`${this._subject}: samples are lost: ${error.message}`)
        await track.restart(task)
        fed = performance.now()
      }
      if (performance.now() - fed > patience) {
        throw new DeviceError(`${this._subject}: no samples for ${patience / 1000} s; is the device connected?`)
      }
      await sleep(look, undefined, { signal }).catch(() => {})
    }
  }

  #read(task: NidaqTask): NdArray {
    const { chunkSize, aiChannels, magnitudeMode } = this.config
    const shape = [chunkSize, aiChannels.length]
    const size = chunkSize * aiChannels.length
    const values = magnitudeMode === 'raw' ? new Int16Array(size) : new Float64Array(size)
    const count = task.read(values, chunkSize)
    if (count !== chunkSize) {
      throw new DeviceError(`${this._subject}: expected ${chunkSize} samples of the driver, got ${count}`)
    }
    return NdArray.fromTyped(magnitudeMode === 'float32_volt' ? Float32Array.from(values) : values, shape)
  }

  /**
   * Begins to play a signal once, beside the acquisition.
   * @param channels such as Dev1/ao0; @param values V, `(channels, samples)`, from −10 to 10
   * @returns false, and does nothing, while another one is being played
   * @throws {ConfigError} @throws {NidaqError}
   */
  async playAo(channels: readonly string[], values: unknown): Promise<boolean> {
    const signal = this.#checkSignal(channels, values)
    if (this.#isPlaying) return false
    this.#isPlaying = true
    let task: NidaqTask | undefined
    try {
      task = await this.#library!.play(channels, signal, { rate: this.config.sampleRate, range: AO_RANGE })
      await task.start()
    } catch (error) {
      await task?.clear()
      this.#isPlaying = false
      throw error
    }
    this.#played = this.#clearWhenDone(task)
    return true
  }

  get isPlaying(): boolean {
    return this.#isPlaying
  }

  #checkSignal(channels: readonly string[], values: unknown): Float64Array {
    const { aoChannels } = this.config
    const parsed = signals.safeParse(values)
    const problems: string[] = []
    if (channels.length === 0) problems.push("'channels': expected a channel, got none")
    const strange = channels.filter((name) => aoChannels.length > 0 && !aoChannels.includes(name))
    if (strange.length > 0)
      problems.push(`'channels': expected some of ${aoChannels.join(', ')}, got ${strange.join(', ')}`)
    if (!parsed.success) problems.push(`'values': ${parsed.error.issues.map(({ message }) => message).join('; ')}`)
    else if (parsed.data.length !== channels.length || parsed.data.size === 0) {
      problems.push(`'values': expected shape (${channels.length}, samples), got (${parsed.data.shape.join(', ')})`)
    }
    const flat = parsed.success ? (parsed.data.toContiguous().typed() as Float64Array) : new Float64Array(0)
    const [min, max] = AO_RANGE
    if (!flat.every((value) => value >= min && value <= max)) problems.push(`'values': expected ${min} to ${max} V`)
    if (problems.length > 0) throw new ConfigError(`${this._subject}: playAo`, problems)
    return flat
  }

  async #clearWhenDone(task: NidaqTask): Promise<void> {
    try {
      while (!this.#closer.signal.aborted && !task.isDone()) {
        await sleep(LOOK.most, undefined, { signal: this.#closer.signal }).catch(() => {})
      }
    } catch (error) {
      this.log.error(`${this._subject}: playAo: ${(error as Error).message}`)
    }
    await task.clear()
    this.#isPlaying = false
  }

  /** `overruns`: how often the driver had to write over samples that were not read yet. */
  protected override _counters(): Readonly<Record<string, number>> {
    return this.#counts
  }

  async #clear(): Promise<void> {
    await this.#input?.clear()
    this.#input = undefined
  }

  protected override async _close(): Promise<void> {
    this.#closer.abort()
    await this.#played
    await this.#clear()
  }
}
registerNodeType(NIDAQmx)

function channelsOf({ aiChannels, aiRanges, aiModes }: Config): AnalogChannel[] {
  return aiChannels.map((name) => ({
    name,
    mode: typeof aiModes === 'string' ? aiModes : (aiModes[name] ?? 'nrse'),
    range: Array.isArray(aiRanges) ? aiRanges : (aiRanges[name] ?? DEFAULT_RANGE)
  }))
}

/** Index of the samples, through restarts of the device. */
class StartTrack {
  readonly #rate: number
  #index = 0
  /** Index at the newest start, and ms at it. */
  #base = 0
  #since = performance.now()

  constructor(rate: number) {
    this.#rate = rate
  }

  advance(count: number): number {
    this.#index += count
    return this.#index
  }

  /** Begins again where samples were lost: how many, the driver tells up to here, and the clock for the pause. */
  async restart(task: NidaqTask): Promise<void> {
    const stopped = performance.now()
    const acquired = orElse(() => task.acquired(), ((stopped - this.#since) / 1000) * this.#rate)
    await task.stop().catch((error: unknown) => {
      if (!(error instanceof NidaqError)) throw error
    })
    await task.start()
    this.#since = performance.now()
    this.#base += Math.round(acquired + ((this.#since - stopped) / 1000) * this.#rate)
    this.#index = Math.max(this.#index, this.#base)
  }
}

function orElse(ask: () => number, otherwise: number): number {
  try {
    return ask()
  } catch (error) {
    if (error instanceof NidaqError) return otherwise
    throw error
  }
}

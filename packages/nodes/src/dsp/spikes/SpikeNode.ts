import { ConfigError, describeOutput, Node, RunFollower } from '@nodeacq/core'
import { NdArray } from '@nodeacq/ndarray'
import { EVENT_DTYPE, makeEvents } from '@nodeacq/stream'
import { z } from 'zod'
import { channelNamesOf, channelSchema, findChannel } from '../findChannel.ts'
import { describeEvents, requireSignal } from '../signalInput.ts'
import { SIGNS, type SpikeRule, type SpikeShape } from './SpikeFinder.ts'
import { SpikeKernel, type Spike } from './SpikeKernel.ts'

const seconds = (standard: number, what: string) => z.number().positive().default(standard).describe(`${what}, in s`)

/** Options of every node that finds spikes. */
export const spikeConfig = {
  channels: z.array(channelSchema).min(1).nullish().describe('channels to watch, by number or name; default all'),
  before: seconds(0.0005, 'part of a waveform before its peak'),
  after: seconds(0.001, 'part of a waveform from its peak on'),
  deadTime: seconds(0.001, 'from where a spike crosses the threshold, the time in which no other can begin'),
  noiseWindow: seconds(
    1,
    'length of the blocks that the noise is estimated from; in the first of them nothing is found'
  ),
  noiseMemory: z
    .number()
    .nonnegative()
    .default(5)
    .describe('time constant of the estimate, in s; 0 takes each block by itself')
}

/** Live parameters of every node that finds spikes. */
export const spikeParams = {
  threshold: z.number().positive().default(4.5).describe('multiples of the deviation of the noise'),
  sign: z.enum(SIGNS).default('negative').describe('direction of the peaks')
}

interface SpikeConfig {
  readonly channels?: readonly (number | string)[] | null | undefined
  readonly before: number
  readonly after: number
  readonly deadTime: number
  readonly noiseWindow: number
  readonly noiseMemory: number
}

/** A spike as it goes out. */
export interface MarkedSpike extends Spike {
  readonly value: number
}

/** The streams that a node which finds spikes has. */
export const spikeOutputs = {
  events: { streamType: 'event', dtype: EVENT_DTYPE, shape: [-1] },
  waveforms: { streamType: 'waveforms', dtype: 'float32' }
} as const

/**
 * A node that finds spikes. Input `signals`, `(samples, channels)`, usually high-pass filtered. Outputs, row by row about the
 * same spikes and in the order of their positions: `events`, whose index is the sample of the peak, whose label is the channel;
 * and `waveforms`, `(spikes, samples)` float32, the signal around the peaks. The index of both counts spikes.
 */
export abstract class SpikeNode<Config extends SpikeConfig, Params extends SpikeRule> extends Node<Config, Params> {
  static override readonly inputSpecs = { signals: {} }
  #kernel: SpikeKernel | undefined
  #counters = { spikes: 0, cutOff: 0 }

  /** Samples more than asked for that a waveform needs on each side. */
  protected readonly margin: number = 0

  /** Called at the beginning of each run. */
  protected _begin(): void {}
  /** What becomes of a spike that was found. */
  protected abstract _mark(spike: Spike): MarkedSpike

  /** Deviation of the noise of each channel that is watched, in the units of the signal; null as long as it is not known. */
  noise(): { channel: string; deviation: number | null }[] {
    const names = channelNamesOf(this.input.info)
    return [...(this.#kernel?.finders ?? [])].map(([channel, { noise }]) => ({
      channel: names[channel]!,
      deviation: Number.isFinite(noise.deviation) ? noise.deviation : null
    }))
  }

  protected override _checkInputs(): void {
    requireSignal(this.input, this._subject)
    this._channels()
    this._shape()
  }

  protected override async _initialize(): Promise<void> {
    const { before, after } = this._shape()
    const { sampleRate, units } = this.input.info
    await describeEvents(this.outputs['events']!, this.input)
    await describeOutput(this.outputs['waveforms']!, { shape: [-1, before + after], sampleRate, units })
  }

  /** Numbers of the channels that are watched. @throws {ConfigError} */
  protected _channels(): number[] {
    const { info } = this.input
    const given = this.config.channels ?? channelNamesOf(info).map((_, channel) => channel)
    return given.map((channel) => findChannel(info, channel, { subject: this._subject, option: 'channels' }))
  }

  /** Lengths in samples, as they were asked for. @throws {ConfigError} for what is shorter than a sample */
  protected _shape(): SpikeShape {
    const { sampleRate } = this.input.info
    const { noiseWindow, noiseMemory } = this.config
    const length = (name: 'before' | 'after' | 'deadTime' | 'noiseWindow') => {
      const samples = Math.round(this.config[name] * sampleRate)
      if (samples >= 1) return samples
      const got = this.config[name]
      throw new ConfigError(this._subject, [`'${name}': expected at least one sample, ${1 / sampleRate} s, got ${got}`])
    }
    return {
      before: length('before'),
      after: length('after'),
      dead: length('deadTime'),
      noiseBlock: length('noiseWindow'),
      noiseWeight: noiseMemory === 0 ? 1 : 1 - Math.exp(-noiseWindow / noiseMemory)
    }
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const shape = this._shape()
    const { before, after } = shape
    const wide = { ...shape, before: before + this.margin, after: after + this.margin }
    const kernel = new SpikeKernel(this._channels(), wide)
    this.#kernel = kernel
    this.#counters = { spikes: 0, cutOff: 0 }
    this._begin()
    const runs = new RunFollower(...Object.values(this.outputs))
    let run: number | undefined
    for await (const chunk of this.input.chunks({ signal, borrow: true })) {
      // They belong to the run before.
      if (chunk.run !== run) await this.#send(kernel.flush())
      run = chunk.run
      runs.begins(chunk)
      await this.#send(kernel.process(chunk.data, chunk.index, this.params))
      this.#counters.cutOff = kernel.cutOff
    }
    await this.#send(kernel.flush())
    this.#counters.cutOff = kernel.cutOff
  }

  async #send(spikes: readonly Spike[]): Promise<void> {
    if (spikes.length === 0) return
    const names = channelNamesOf(this.input.info)
    const { before, after } = this._shape()
    const marked = spikes.map((spike) => this._mark(spike))
    const waveforms = new Float32Array(spikes.length * (before + after))
    for (const [row, { waveform }] of marked.entries()) waveforms.set(waveform, row * (before + after))
    const events = marked.map(({ position: index, channel, value }) => ({ index, value, label: names[channel]! }))
    this.#counters.spikes += spikes.length
    await Promise.all([
      this.outputs['events']!.send(makeEvents(events), undefined, { handOver: true }),
      this.outputs['waveforms']!.send(NdArray.fromTyped(waveforms, [spikes.length, before + after]), undefined, {
        handOver: true
      })
    ])
  }

  protected override _counters(): Readonly<Record<string, number>> {
    return { ...this.#counters }
  }
}

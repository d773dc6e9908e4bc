import { DeviceError, describeOutput, Node, registerNodeType } from '@nodeacq/core'
import { NdArray, parseDType } from '@nodeacq/ndarray'
import { EVENT_DTYPE, makeEvents, type OutputOptions } from '@nodeacq/stream'
import { z } from 'zod'
import { SampleQueue } from '../devices/SampleQueue.ts'
import { numberInLabel } from '../files/eventValue.ts'
import { dtypeOfFormat } from './formats.ts'
import { channelInfoOf, commonUnit } from './inlet/channelInfo.ts'
import { StampTrack, type PlacedSamples } from './inlet/StampTrack.ts'
import { LslLostError } from './LslError.ts'
import { fetchFullInfo } from './net/fetchFullInfo.ts'
import { lslClock } from './net/lslClock.ts'
import { LslStreamInlet } from './net/LslStreamInlet.ts'
import { quoteText } from './net/askStreams.ts'
import { resolveLslStreams } from './net/resolveLslStreams.ts'
import type { LslSettings } from './settings/LslSettings.ts'
import { networkSchema } from './settings/networkSchema.ts'
import type { SampleBatch } from './wire/SampleBatch.ts'
import type { LslStreamInfo } from './wire/streamInfo.ts'

const config = z.object({
  name: z.string().nullish().describe('name of the stream'),
  type: z.string().nullish().describe('what it carries, such as EEG or Markers'),
  sourceId: z.string().nullish().describe('id of its source'),
  predicate: z
    .string()
    .default('')
    .describe("what else holds for it, in XPath 1.0: channel_count>8 and contains(hostname,'lab'); default nothing"),
  timeout: z.number().positive().default(5).describe('s to look for it; default 5'),
  recover: z.boolean().default(true).describe('look for it again when it is lost; default on'),
  buffer: z.number().positive().default(360).describe('s of samples that the sender may keep for us; default 360'),
  network: networkSchema.default({}).describe('where to look; default as lsl_api.cfg says, or else the whole site')
})

type Config = z.infer<typeof config>

/** s in which others that are meant as well answer, once one has. */
const TWINS = 1
/** s from one look at the other clock that is told to the next. */
const CLOCK_INTERVAL = 5
/** ms between two looks whether something is held for too long. */
const SETTLE_INTERVAL = 200
const CLOCK_COLUMNS = ['time', 'offset', 'uncertainty']

/**
 * One stream of Lab Streaming Layer, of any program, without liblsl.
 *
 * Numbers come at output `signals`, `(samples, channels)` in the type of the stream; texts at output `events`, one event for each
 * sample, several channels put together with `|`. Output `stamps` has the LSL stamp of each, s on the clock of the sender, float64;
 * output `clock` every 5 s how that clock stands against ours: time of the sender, offset to add for our time, and its uncertainty, s.
 *
 * LSL numbers nothing. With a regular rate the stamps tell what is missing: that is a gap of the device; otherwise the index counts.
 * A stream that ends is waited for: another instance of the same source goes on with the index.
 */
export class LslInlet extends Node<Config> {
  static override readonly description = 'One stream of Lab Streaming Layer (LSL), of any program, without liblsl.'
  static override readonly makesAnyOutput = true
  static override readonly configSchema = config
  static override readonly outputSpecs = {
    stamps: { streamType: 'analogsignal', dtype: 'float64', shape: [-1, 1], units: 's' },
    clock: { streamType: 'analogsignal', dtype: 'float64', shape: [-1, 3], sampleRate: 0, units: 's' }
  } as const
  #info: LslStreamInfo | undefined
  #counts = { reconnects: 0, lostSamples: 0, gaps: 0, stampJumps: 0, unstamped: 0, cutLabels: 0 }

  protected override async _configure(options: Config): Promise<void> {
    const found = await this.#resolve(options)
    this.#info = await fetchFullInfo(found, options.timeout)
    await this.#makeOutputs(this.#info)
  }

  /** The one stream that is meant. @throws {DeviceError} when there is none, or more than one */
  async #resolve({ name, type, sourceId, predicate, timeout, network }: Config): Promise<LslStreamInfo> {
    const wanted = { name, type, source_id: sourceId }
    const parts = Object.entries(wanted).flatMap(([field, value]) =>
      value == null ? [] : [`${field}=${quoteText(value)}`]
    )
    const query = [...parts, ...(predicate === '' ? [] : [`(${predicate})`])].join(' and ')
    const settings = network as Partial<LslSettings>
    const first = await resolveLslStreams({ predicate: query, settings, timeout, minimum: 1 })
    // Another that matches as well answers as soon.
    const found =
      first.length === 0
        ? []
        : await resolveLslStreams({ predicate: query, settings, timeout: Math.min(TWINS, timeout) })
    const [only] = found
    if (only === undefined)
      throw new LslLostError(`${this._subject}: no stream with ${query || 'any name'} for ${timeout} s`)
    if (found.length === 1) return only
    const list = found.map(
      (each) => `'${each.name}' (${each.type || 'no type'}, ${each.hostname}, ${each.sourceId || 'no source id'})`
    )
    throw new DeviceError(
      `${this._subject}: ${found.length} streams are meant, expected one: ${list.join(', ')}; say more`
    )
  }

  async #makeOutputs(info: LslStreamInfo): Promise<void> {
    const main = info.channelFormat === 'string' ? 'events' : 'signals'
    for (const [name, output] of Object.entries(this.outputs)) {
      if (name === main || name in LslInlet.outputSpecs) continue
      await output.close()
      delete this.outputs[name]
    }
    const output = this.outputs[main] ?? this.addOutput(main)
    await describeOutput(
      output,
      main === 'events' ? { streamType: 'event', dtype: EVENT_DTYPE, shape: [-1], sampleRate: 0 } : signalSpec(info)
    )
    await describeOutput(this.outputs['stamps']!, {
      sampleRate: info.nominalRate,
      channelInfo: [{ name: 'stamp', unit: 's' }]
    })
    await describeOutput(this.outputs['clock']!, { channelInfo: CLOCK_COLUMNS.map((name) => ({ name, unit: 's' })) })
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    this.#counts = { reconnects: 0, lostSamples: 0, gaps: 0, stampJumps: 0, unstamped: 0, cutLabels: 0 }
    const { recover, buffer, network } = this.config
    const info = this.#info!
    const failed = new AbortController()
    const queue = new SampleQueue<PlacedSamples>((placed) => this.#send(placed))
    queue.onFailure = () => failed.abort()
    const numbering = this.#numbering(info, (placed) => queue.add(placed))
    const inlet = new LslStreamInlet(info, {
      settings: network as Partial<LslSettings>,
      recover,
      ...(info.nominalRate > 0 && { bufferLength: Math.ceil(info.nominalRate * buffer) })
    })
    const timers = [
      setInterval(() => numbering.settle(lslClock()), SETTLE_INTERVAL),
      setInterval(() => this.#tellClock(inlet), CLOCK_INTERVAL * 1000)
    ]
    let isAway = false
    try {
      await inlet.run(AbortSignal.any([signal, failed.signal]), {
        onConnected: (now) => {
          this.#requireSame(now)
          if (isAway) this.log.info(`${this._subject}: the stream is back, from ${now.hostname} at ${now.v4Address}`)
          isAway = false
        },
        onLost: (reason) => {
          this.#counts.reconnects += 1
          if (!isAway) this.log.warning(`${this._subject}: ${reason}; looking for it again`)
          isAway = true
          numbering.beginAnew()
        },
        onSilent: (seconds) => this.log.warning(`${this._subject}: no sign of life for ${seconds.toFixed(1)} s`),
        onSamples: async (batch) => {
          numbering.take(batch, lslClock())
          await queue.drained()
        }
      })
    } finally {
      for (const timer of timers) clearInterval(timer)
      numbering.finish()
      await queue.drained()
    }
  }

  /** How samples get their numbers: by their stamps, or one after the other where there is no rate. */
  #numbering({ nominalRate }: LslStreamInfo, emit: (placed: PlacedSamples) => void): Numbering {
    if (nominalRate === 0) return new Counting(emit)
    const track = new StampTrack(nominalRate, emit)
    Object.assign(this.#counts, track.counts)
    return {
      take: (batch, arrival) => {
        const before = track.counts.lostSamples
        track.take(batch, arrival)
        this.#tellLoss(track.counts.lostSamples - before)
        Object.assign(this.#counts, track.counts)
      },
      settle: (arrival) => track.settle(arrival),
      finish: () => track.finish(),
      beginAnew: () => track.beginAnew()
    }
  }

  #tellLoss(samples: number): void {
    if (samples > 0) this.log.warning(`${this._subject}: ${samples} samples are missing by their stamps`)
  }

  async #send({ batch, from, to, index }: PlacedSamples): Promise<void> {
    const info = this.#info!
    const count = to - from
    const stamps = batch.stamps.slice(from, to)
    await this.outputs['stamps']!.send(NdArray.fromTyped(stamps, [count, 1]), index + count, { handOver: true })
    if (info.channelFormat === 'string') {
      await this.outputs['events']!.send(this.#eventsOf(batch.texts.slice(from, to)), index + count, { handOver: true })
      return
    }
    const output = this.outputs['signals']!
    const rowBytes = batch.bytes.length / batch.count
    // What the feed read is ours, and nobody else's.
    const data = NdArray.fromBuffer(batch.bytes.subarray(from * rowBytes, to * rowBytes), {
      dtype: parseDType(dtypeOfFormat(info.channelFormat)),
      shape: [count, info.channelCount]
    })
    await output.send(data, index + count, { handOver: true })
    const last = stamps[count - 1]!
    if (!Number.isFinite(last)) this.#counts.unstamped += count
    else if (info.nominalRate > 0) output.markDeviceTime(index + count - 1, last * 1000)
  }

  #eventsOf(rows: readonly (readonly string[])[]): NdArray {
    const labels = rows.map((texts) => texts.join('|'))
    this.#counts.cutLabels += labels.filter((label) => Buffer.byteLength(label) > LABEL_BYTES).length
    return makeEvents(labels.map((label) => ({ index: -1, label, value: numberInLabel(label) })))
  }

  #tellClock(inlet: LslStreamInlet): void {
    const correction = inlet.timeCorrection
    if (correction === undefined) return
    const { offset, uncertainty } = correction
    const row = NdArray.fromTyped(Float64Array.of(lslClock() - offset, offset, uncertainty), [1, 3])
    this.outputs['clock']!.send(row, undefined, { handOver: true }).catch(() => {})
  }

  /** @throws {DeviceError} when what has come back is another stream */
  #requireSame({ nominalRate, channelCount, channelFormat }: LslStreamInfo): void {
    const was = this.#info!
    if (nominalRate === was.nominalRate && channelCount === was.channelCount && channelFormat === was.channelFormat)
      return
    const text = (channels: number, format: string, rate: number): string => `${channels} × ${format} at ${rate} Hz`
    const expected = text(was.channelCount, was.channelFormat, was.nominalRate)
    const got = text(channelCount, channelFormat, nominalRate)
    throw new DeviceError(`${this._subject}: stream '${was.name}': expected ${expected}, got ${got}; configure again`)
  }

  /**
   * `reconnects`; `lostSamples` in `gaps`, by the stamps; `stampJumps`: times that stamps jumped without a loss; `unstamped`: samples that
   * came before the first stamp of a connection; `cutLabels`: texts that are longer than the label of an event.
   */
  protected override _counters(): Readonly<Record<string, number>> {
    return this.#counts
  }
}
registerNodeType(LslInlet)

const LABEL_BYTES = 64

interface Numbering {
  take(batch: SampleBatch, arrival: number): void
  settle(arrival: number): void
  finish(): void
  beginAnew(): void
}

class Counting implements Numbering {
  readonly #emit: (placed: PlacedSamples) => void
  #index = 0

  constructor(emit: (placed: PlacedSamples) => void) {
    this.#emit = emit
  }

  take(batch: SampleBatch): void {
    this.#emit({ batch, from: 0, to: batch.count, index: this.#index })
    this.#index += batch.count
  }

  settle(): void {}
  finish(): void {}
  beginAnew(): void {}
}

function signalSpec(info: LslStreamInfo): OutputOptions {
  const channelInfo = channelInfoOf(info)
  return {
    streamType: 'analogsignal',
    dtype: info.channelFormat === 'string' ? 'float32' : dtypeOfFormat(info.channelFormat),
    shape: [-1, info.channelCount],
    sampleRate: info.nominalRate,
    channelCount: info.channelCount,
    channelInfo,
    units: commonUnit(channelInfo) ?? ''
  }
}

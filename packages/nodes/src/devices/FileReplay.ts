import { DeviceError, Node, describeOutput, registerNodeType } from '@nodeacq/core'
import { EVENT_DTYPE, makeEvents, type OutputOptions } from '@nodeacq/stream'
import { z } from 'zod'
import { openSampleFile } from '../files/openSampleFile.ts'
import type { RecordedStream, SampleFile, Units } from '../files/SampleFile.ts'
import { EventTrack } from './EventTrack.ts'
import { Pacer } from './Pacer.ts'
import { ReplayOutput } from './ReplayTrack.ts'
import { SignalTrack } from './SignalTrack.ts'

const config = z.object({
  file: z
    .string()
    .describe(
      'recording to play: .edf, .bdf, .vhdr, or the folder of a RawRecorder; relative to where the process of the node runs'
    ),
  pace: z
    .union([z.enum(['realtime', 'max']), z.number().positive()])
    .default('realtime')
    .describe(
      "'realtime', a factor of it, or 'max': as fast as the slowest consumer that must not lose data; default 'realtime'"
    ),
  units: z
    .enum(['physical', 'digital'])
    .default('physical')
    .describe("'physical': float64 in the unit of each channel; 'digital': the stored numbers; default 'physical'"),
  loop: z.boolean().default(false).describe('start over at the end, the index going on; default off'),
  chunkSize: z
    .number()
    .int()
    .positive()
    .nullish()
    .describe("samples in each chunk of 'signals'; default 10 ms worth of samples, with pace 'max' 1024")
    .meta({ pyacq: 'chunksize' })
})

type Config = z.infer<typeof config>

const CHUNK_SECONDS = 0.01
const CHUNK_AT_MAX = 1024

/**
 * Plays a recording as if the device were there.
 *
 * Output `signals` is the stream of the highest rate, `(samples, channels)`; further rates of an EDF file are `signals2`,
 * `signals3` … from the next rate down, and the other streams of a raw recording keep their names. Output `events` has the
 * annotations, markers and triggers (EVENT_DTYPE, counted in samples of `signals`). Indexes are those of the recording;
 * what it does not hold is declared as a gap with cause `device`. The run ends with the file.
 */
export class FileReplay extends Node<Config> {
  static override readonly description = 'Plays a recorded file: Recorder (MCAP), EDF, BDF, BrainVision, RawRecorder.'
  static override readonly makesAnyOutput = true
  static override readonly configSchema = config
  static override readonly outputSpecs = {
    signals: { streamType: 'analogsignal' },
    events: { streamType: 'event', dtype: EVENT_DTYPE, shape: [-1], eventsOf: 'signals' }
  }
  #file: SampleFile | undefined
  #streams: readonly (readonly [output: string, stream: RecordedStream])[] = []
  #events = makeEvents([])
  #progress: number | null = null

  protected override async _configure({ file: path, pace, units }: Config): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
    const file = (this.#file = await openSampleFile(path))
    for (const warning of file.warnings) this.log.warning(`${path}: ${warning}`)
    this.#streams = nameOutputs(file.streams)
    const main = this.#streams.find(([name]) => name === 'signals')?.[1]
    if (main === undefined) throw new DeviceError(`FileReplay '${this.name}': ${path}: expected signals, got none`)

    await this.#makeOutputs(this.#streams.map(([name]) => name))
    const flow = pace === 'max' ? 'wait' : 'realtime'
    await describeOutput(this.outputs['events']!, { sampleRate: main.sampleRate, flow })
    for (const [name, stream] of this.#streams) {
      await describeOutput(this.outputs[name]!, { ...describeStream(stream, units), flow })
    }
  }

  async #makeOutputs(names: readonly string[]): Promise<void> {
    const wanted = new Set([...Object.keys(FileReplay.outputSpecs), ...names])
    for (const [name, output] of Object.entries(this.outputs)) {
      if (wanted.has(name)) continue
      await output.close()
      delete this.outputs[name]
    }
    const fixed: Readonly<Record<string, OutputOptions>> = FileReplay.outputSpecs
    for (const name of wanted) {
      if (!(name in this.outputs)) this.addOutput(name)
      // What an earlier file said is forgotten.
      this.outputs[name]!.spec = { ...fixed[name] }
    }
  }

  protected override async _initialize(): Promise<void> {
    this.#events = makeEvents(await this.#file!.events())
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const { pace, loop, chunkSize } = this.config
    const speed = pace === 'max' ? Infinity : pace === 'realtime' ? 1 : pace
    const { signals, events } = await this.#makeTracks(signal)
    const tracks = [...signals, ...events]
    const start = Math.min(...signals.map((track) => track.startTime))
    const duration = Math.max(...signals.map((track) => track.endTime)) - start
    const { sampleRate } = this.#main
    const step = (chunkSize ?? defaultChunk(pace, sampleRate)) / sampleRate
    const pacer = new Pacer(signal)
    this.#progress = loop ? null : 0

    for (let pass = 0; pass === 0 || (loop && duration > 0); pass++) {
      for (const track of tracks) track.rewind(pass * duration)
      for (let k = 1; signals.some((track) => track.hasMore); k++) {
        // Over a long gap, go on with the step that has data again.
        const next = Math.min(...tracks.map((track) => track.nextTime)) - start
        k = Math.max(k, Math.floor(next / step + 1e-9) + 1)
        const elapsed = Math.min(k * step, duration)
        if (!(await pacer.until((pass * duration + elapsed) / speed))) return
        for (const track of tracks) if (!(await track.sendUntil(start + k * step))) return
        if (!loop) this.#progress = elapsed / duration
      }
    }
    // Annotations may lie behind the last sample.
    for (const track of events) await track.sendUntil(Infinity)
  }

  async #makeTracks(signal: AbortSignal): Promise<{ signals: SignalTrack[]; events: EventTrack[] }> {
    const output = (name: string) => new ReplayOutput(this.outputs[name]!, signal)
    const signals: SignalTrack[] = []
    const events: EventTrack[] = []
    for (const [name, stream] of this.#streams) {
      if (isEvents(stream.streamType)) {
        const rows = await stream.read(0, stream.sampleCount, 'digital')
        events.push(new EventTrack(rows, stream.sampleRate, output(name)))
      } else signals.push(new SignalTrack(stream, this.config.units, output(name)))
    }
    if (this.#events.length > 0) events.push(new EventTrack(this.#events, this.#main.sampleRate, output('events')))
    return { signals, events }
  }

  get #main(): RecordedStream {
    return this.#streams.find(([name]) => name === 'signals')![1]
  }

  protected override async _close(): Promise<void> {
    await this.#file?.close()
  }

  protected override _progress(): number | null {
    return this.#progress
  }
}
registerNodeType(FileReplay)

/** The main stream is always `signals`, so that a graph suits any file. */
function nameOutputs(streams: readonly RecordedStream[]): (readonly [string, RecordedStream])[] {
  const main = streams.find(({ name }) => name === 'signals') ?? streams.find(({ streamType }) => !isEvents(streamType))
  return streams.map((stream) => [stream === main ? 'signals' : stream.name, stream])
}

function describeStream(stream: RecordedStream, units: Units): OutputOptions {
  const { sampleShape, sampleRate, channelInfo, streamType } = stream
  const unitNames = new Set(channelInfo.map(({ unit }) => unit))
  const [unit] = unitNames
  return {
    streamType,
    dtype: (units === 'physical' ? stream.physicalDType : stream.dtype).toWire(),
    shape: [-1, ...sampleShape],
    sampleRate,
    ...(sampleShape.length === 1 && { channelCount: stream.channelCount }),
    // A gain that was applied must not be found, and applied again, by somebody further on.
    ...(channelInfo.length > 0 && {
      channelInfo: channelInfo.map(({ gain, offset, ...rest }) =>
        units === 'digital' ? { ...rest, gain, offset } : rest
      )
    }),
    ...(units === 'physical' && unitNames.size === 1 && unit !== undefined && { units: unit })
  }
}

function defaultChunk(pace: Config['pace'], sampleRate: number): number {
  return pace === 'max' ? CHUNK_AT_MAX : Math.max(1, Math.round(sampleRate * CHUNK_SECONDS))
}

function isEvents(streamType: string): boolean {
  return streamType.startsWith('event')
}
